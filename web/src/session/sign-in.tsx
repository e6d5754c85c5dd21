import { useMutation } from '@tanstack/react-query'
import { api, unwrap } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import { Preferences } from '../shell/preferences.tsx'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Problem } from '../ui/problem.tsx'
import type { Account } from './session.tsx'

export function SignIn ({ onSignedIn }: { onSignedIn: (account: Account) => void }) {
  const { brand, signIn } = useText()
  const login = useMutation({
    mutationFn: (form: FormData) => unwrap(api.POST('/api/auth/login', { body: { username: String(form.get('username')), password: String(form.get('password')) } })),
    onSuccess: ({ user }) => onSignedIn(user)
  })
  return (
    <main className='grid min-h-dvh place-items-center p-4'>
      <div className='w-full max-w-sm'>
        <div className='mb-6 flex items-center justify-between'>
          <img src='/favicon.svg' alt={brand} className='size-10' />
          <Preferences />
        </div>
        <form
          className='flex flex-col gap-4 rounded-2xl border bg-surface p-6 shadow-sm'
          onSubmit={event => { event.preventDefault(); login.mutate(new FormData(event.currentTarget)) }}
        >
          <h1 className='text-lg font-semibold'>{signIn.title}</h1>
          <TextField label={signIn.username} name='username' autoComplete='username' required autoFocus defaultValue='admin' />
          <TextField label={signIn.password} name='password' type='password' autoComplete='current-password' required hint={signIn.hint} />
          <Problem error={login.error} />
          <Button type='submit' look='primary' disabled={login.isPending}>{signIn.submit}</Button>
        </form>
      </div>
    </main>
  )
}
