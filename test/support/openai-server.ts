import OpenAI, { APIError, type ClientOptions } from 'openai'
import { startApp, type TestApp } from './app.ts'
import type { Client } from './client.ts'
import { startSandboxUpstream } from './sandbox-upstream.ts'

interface Test { teardown (handler: () => unknown): void }

type UpstreamOptions = Parameters<typeof startSandboxUpstream>[1]

/** A server that listens, a provider of OpenAI's dialect behind it, and OpenAI's own SDK in front of it. */
export async function startOpenaiServer (t: Test, { upstream: upstreamOptions = {}, env = {} }: { upstream?: UpstreamOptions, env?: NodeJS.ProcessEnv } = {}) {
  const upstream = await startSandboxUpstream(t, { type: 'openai', ...upstreamOptions })
  const server = await startApp(t, { ...upstream.env, ...env })
  const origin = await server.app.listen({ port: 0, host: '127.0.0.1' })
  const sdkOf = (client: Client, options: ClientOptions = {}) => new OpenAI({ baseURL: `${origin}/v1`, apiKey: client.authorization.replace('Bearer ', ''), maxRetries: 0, ...options })
  return { ...server, upstream, origin, sdkOf, sdk: sdkOf(server.admin) }
}

export type OpenaiServer = TestApp & Awaited<ReturnType<typeof startOpenaiServer>>

/** A request as any program sends it, without the SDK's help. */
export async function send (origin: string, client: Client, path: string, init: RequestInit = {}) {
  const response = await fetch(origin + path, { ...init, headers: { authorization: client.authorization, ...init.headers } })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

export function json (body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

/** What the SDK throws for a request that is refused. */
export async function refusal (call: Promise<unknown>): Promise<{ status: number, code: unknown, param: unknown, type: unknown }> {
  const error = await call.then(() => undefined, thrown => thrown)
  if (!(error instanceof APIError)) throw new Error('The call was not refused by the server', { cause: error })
  return { status: error.status, code: error.code, param: error.param, type: error.type }
}
