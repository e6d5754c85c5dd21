import type { History } from './history.ts'
import type { Random } from './random.ts'
import { Receiver } from './receiver.ts'

export const PASSWORD = 'correct horse battery'

/** A user with a token and a webhook of its own. */
export interface Account { name: string, authorization: string, receiver: Receiver }

export async function openAccount (server: string, admin: string, name: string, history: History, random: Random): Promise<Account> {
  await post(`${server}/api/users`, admin, { username: name, password: PASSWORD })
  const authorization = await logIn(server, name)
  const receiver = new Receiver(name, history, random)
  const { secret } = await post(`${server}/api/webhooks`, authorization, { url: await receiver.listen() })
  receiver.trust(secret)
  return { name, authorization, receiver }
}

/** Answers with what goes into the authorization header. */
export async function logIn (server: string, username: string, password = PASSWORD): Promise<string> {
  const { token } = await post(`${server}/api/auth/login`, undefined, { username, password })
  return `Bearer ${token}`
}

async function post (url: string, authorization: string | undefined, body: unknown): Promise<any> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...authorization && { authorization } }, body: JSON.stringify(body) })
  const { data, error } = await response.json() as { data?: unknown, error?: string }
  if (!response.ok) throw new Error(`${url} was answered with ${response.status}: ${error}`)
  return data
}
