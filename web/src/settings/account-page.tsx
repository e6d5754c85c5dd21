import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, ApiError, problemAt, unwrap } from '../api/client.ts'
import { useLocale, useText } from '../i18n/text.tsx'
import { useAccount, useSignedOut } from '../session/session.tsx'
import { relativeTime, useNow } from '../task/time.ts'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { TextField } from '../ui/field.tsx'
import { Problem } from '../ui/problem.tsx'
import { useToast } from '../ui/toast.tsx'
import { Waiting } from '../ui/waiting.tsx'
import { agentName } from './agent-name.ts'
import { Section, SettingsPage } from './page.tsx'

export function AccountPage () {
  const { account: words, nav } = useText()
  const { username, role } = useAccount()
  const signedOut = useSignedOut()
  const toast = useToast()
  const signOut = useMutation({ mutationFn: () => unwrap(api.POST('/api/auth/logout')), onSuccess: signedOut, onError: toast.problem })
  return (
    <SettingsPage title={nav.account} action={<Button onClick={() => signOut.mutate()}>{words.signOut}</Button>}>
      <Section><p>{username} <span className='text-dim'>· {words.role[role]}</span></p></Section>
      <Password />
      <Sessions />
    </SettingsPage>
  )
}

function Password () {
  const { account: words } = useText()
  const toast = useToast()
  const client = useQueryClient()
  const change = useMutation({
    mutationFn: (form: FormData) => unwrap(api.POST('/api/auth/password', { body: { currentPassword: String(form.get('current')), newPassword: String(form.get('new')) } })),
    onSuccess: () => {
      toast.show(words.passwordChanged)
      client.invalidateQueries({ queryKey: ['sessions'] })
    }
  })
  const isWrong = change.error instanceof ApiError && change.error.code === 'CREDENTIALS_INVALID'
  return (
    <Section title={words.password}>
      <form className='grid max-w-xl gap-4 sm:grid-cols-2' onSubmit={event => { event.preventDefault(); const form = event.currentTarget; change.mutate(new FormData(form), { onSuccess: () => form.reset() }) }}>
        <TextField label={words.current} name='current' type='password' autoComplete='current-password' required problem={isWrong ? words.currentWrong : problemAt(change.error, 'currentPassword')} />
        <TextField label={words.new} name='new' type='password' autoComplete='new-password' minLength={8} required problem={problemAt(change.error, 'newPassword')} />
        {change.error && !isWrong && <div className='sm:col-span-2'><Problem error={change.error} /></div>}
        <Button type='submit' look='primary' className='justify-self-start' busy={change.isPending}>{words.change}</Button>
      </form>
    </Section>
  )
}

function Sessions () {
  const { account: words } = useText()
  const { locale } = useLocale()
  const now = useNow(30_000)
  const client = useQueryClient()
  const list = useQuery({ queryKey: ['sessions'], queryFn: async () => (await unwrap(api.GET('/api/auth/sessions'))).sessions, staleTime: 0 })
  const end = useMutation({ mutationFn: (id: string) => unwrap(api.DELETE('/api/auth/sessions/{id}', { params: { path: { id } } })), onSuccess: () => client.invalidateQueries({ queryKey: ['sessions'] }) })
  const signedOut = useSignedOut()
  const endAll = useMutation({ mutationFn: () => unwrap(api.DELETE('/api/auth/sessions')), onSuccess: signedOut })
  return (
    <Section title={words.sessions}>
      <Problem error={list.error ?? end.error ?? endAll.error} />
      {list.isPending && !list.error && <Waiting />}
      <ul className='divide-y'>
        {list.data?.map(({ id, current, userAgent, ip, lastSeenAt }) => (
          <li key={id} className='flex flex-wrap items-center gap-3 py-2 text-sm'>
            <div className='min-w-0 flex-1'>
              <p className='truncate' title={userAgent ?? undefined}>{userAgent ? agentName(userAgent) : words.unknownAgent}</p>
              <p className='text-xs text-dim'>{ip} · {relativeTime(lastSeenAt, now, locale)}</p>
            </div>
            {current ? <span className='text-xs font-medium text-ok'>{words.thisOne}</span> : <Button size='small' onClick={() => end.mutate(id)}>{words.end}</Button>}
          </li>
        ))}
      </ul>
      <div><Confirm label={words.endAll} question={words.endAllQuestion} onConfirm={() => endAll.mutate()} /></div>
    </Section>
  )
}
