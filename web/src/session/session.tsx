import { useQuery, useQueryClient } from '@tanstack/react-query'
import { createContext, use, useEffect, type ReactNode } from 'react'
import { api, ApiError, unwrap, whenSignedOut } from '../api/client.ts'
import type { components } from '../api/schema.d.ts'
import { Problem } from '../ui/problem.tsx'
import { tellOtherTabs, whenOtherTabsTell } from './other-tabs.ts'
import { SignIn } from './sign-in.tsx'

export type Account = components['schemas']['Account']

export const ACCOUNT_QUERY = { queryKey: ['me'], queryFn: findAccount, staleTime: Infinity }

const AccountContext = createContext<Account | undefined>(undefined)

/** Shows the sign-in page until somebody is signed in. The session itself is a cookie that no script can read. */
export function Session ({ children }: { children: ReactNode }) {
  const client = useQueryClient()
  const me = useQuery(ACCOUNT_QUERY)
  const signedIn = Boolean(me.data)
  useEffect(() => {
    if (!signedIn) return
    return whenSignedOut(() => client.setQueryData(['me'], null))
  }, [client, signedIn])
  // Nothing of one account is shown to the next.
  useEffect(() => { if (!signedIn) client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'me' }) }, [client, signedIn])
  useEffect(() => whenOtherTabsTell(() => client.invalidateQueries({ queryKey: ['me'] })), [client])
  if (me.data) return <AccountContext value={me.data}>{children}</AccountContext>
  if (me.isPending) return null
  if (me.isError) return <main className='mx-auto max-w-md p-6'><Problem error={me.error} /></main>
  return <SignIn onSignedIn={account => { client.setQueryData(['me'], account); tellOtherTabs() }} />
}

/** Null: nobody is signed in. */
function findAccount (): Promise<Account | null> {
  return unwrap(api.GET('/api/auth/me')).catch(error => {
    if (error instanceof ApiError && error.status === 401) return null
    throw error
  })
}

/** Shows the sign-in page, in all tabs. */
export function useSignedOut (): () => void {
  const client = useQueryClient()
  return () => {
    client.setQueryData(['me'], null)
    tellOtherTabs()
  }
}

/** Who is signed in. */
export function useAccount (): Account {
  return use(AccountContext)!
}
