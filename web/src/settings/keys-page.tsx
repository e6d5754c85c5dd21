import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, problemAt, unwrap } from '../api/client.ts'
import type { components } from '../api/schema.d.ts'
import { useLocale, useText } from '../i18n/text.tsx'
import { useAccount } from '../session/session.tsx'
import { relativeTime, useNow } from '../task/time.ts'
import { Button } from '../ui/button.tsx'
import { CheckList } from '../ui/check-list.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { TextField } from '../ui/field.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { Problem } from '../ui/problem.tsx'
import { Waiting } from '../ui/waiting.tsx'
import { Section, SettingsPage } from './page.tsx'
import { SecretShownOnce } from './secret-shown-once.tsx'

type ApiKey = components['schemas']['ApiKey']
const SCOPES = ['tasks:read', 'tasks:write', 'admin'] as const

export function KeysPage () {
  const { keys: words, nav } = useText()
  const client = useQueryClient()
  const list = useQuery({ queryKey: ['keys'], queryFn: async () => (await unwrap(api.GET('/api/keys'))).keys })
  const refresh = () => client.invalidateQueries({ queryKey: ['keys'] })
  const revoke = useMutation({ mutationFn: (id: string) => unwrap(api.DELETE('/api/keys/{id}', { params: { path: { id } } })), onSuccess: refresh })
  const [creating, setCreating] = useState(false)
  const [created, setCreated] = useState<string>()
  return (
    <SettingsPage title={nav.keys} action={<Button look='primary' onClick={() => setCreating(true)}><Icon name='plus' />{words.create}</Button>}>
      <Section>
        <p className='text-sm text-dim'>{words.about}</p>
        <Problem error={list.error ?? revoke.error} />
        {list.isPending && !list.error && <Waiting />}
        <ul className='flex flex-col divide-y'>
          {list.data?.map(key => <KeyRow key={key.id} apiKey={key} onRevoke={() => revoke.mutate(key.id)} />)}
        </ul>
        {list.data?.length === 0 && <p className='text-sm text-dim'>{words.none}</p>}
      </Section>
      {creating && <NewKeyDialog onClose={() => setCreating(false)} onCreated={key => { setCreating(false); setCreated(key); refresh() }} />}
      {created && <SecretShownOnce title={words.created} secret={created} onClose={() => setCreated(undefined)} />}
    </SettingsPage>
  )
}

function KeyRow ({ apiKey, onRevoke }: { apiKey: ApiKey, onRevoke: () => void }) {
  const { keys: words } = useText()
  const { locale } = useLocale()
  const now = useNow(30_000)
  const { name, prefix, last4, scopes, lastUsedAt, expiresAt } = apiKey
  return (
    <li className='flex flex-wrap items-center gap-x-4 gap-y-1 py-2.5 text-sm'>
      <div className='min-w-48 flex-1'>
        <p className='font-medium wrap-anywhere'>{name}</p>
        <p className='font-mono text-xs text-dim'>{prefix}…{last4}</p>
      </div>
      <p className='text-xs text-dim'>{scopes.join(' · ')}</p>
      <p className='w-40 text-xs text-dim max-sm:flex-1'>
        {lastUsedAt ? words.lastUsed(relativeTime(lastUsedAt, now, locale)) : words.neverUsed}
        {expiresAt && <><br />{words.expires(relativeTime(expiresAt, now, locale))}</>}
      </p>
      <Confirm label={words.revoke} question={words.revokeQuestion(name)} onConfirm={onRevoke} />
    </li>
  )
}

function NewKeyDialog ({ onClose, onCreated }: { onClose: () => void, onCreated: (key: string) => void }) {
  const { keys: words } = useText()
  const { role } = useAccount()
  const create = useMutation({ mutationFn: (form: FormData) => unwrap(api.POST('/api/keys', { body: toKeyRequest(form) })), onSuccess: ({ key }) => onCreated(key) })
  return (
    <FormDialog title={words.create} submit={words.create} sending={create} onClose={onClose}>
      <TextField label={words.name} name='name' required maxLength={100} problem={problemAt(create.error, 'name')} />
      <CheckList legend={words.scopes} name='scopes' problem={problemAt(create.error, 'scopes') && words.noScope} choices={SCOPES.filter(scope => scope !== 'admin' || role === 'admin').map(scope => ({ value: scope, hint: words.scope[scope], checked: scope !== 'admin' }))} />
      <div className='grid gap-4 sm:grid-cols-2'>
        <TextField label={words.expiresOn} name='expiresAt' type='date' problem={problemAt(create.error, 'expiresAt')} />
        <TextField label={words.limit} name='requestsPerMinute' type='number' min={1} problem={problemAt(create.error, 'requestsPerMinute')} />
      </div>
    </FormDialog>
  )
}

function toKeyRequest (form: FormData) {
  const expiresAt = String(form.get('expiresAt'))
  const requestsPerMinute = Number(form.get('requestsPerMinute'))
  return {
    name: String(form.get('name')),
    scopes: form.getAll('scopes') as ApiKey['scopes'],
    ...expiresAt && { expiresAt: new Date(`${expiresAt}T23:59:59`).toISOString() },
    ...requestsPerMinute > 0 && { requestsPerMinute }
  }
}
