import type { EgressPolicy, EgressRequest } from './egress.ts'
import type { AttemptResult, ContentLocation, SubmissionRequest, UpstreamAccount } from './upstream.ts'

/** An account's base URL without the slashes at its end. Throws for a base URL that is none. */
export function baseUrlOf (account: UpstreamAccount): string {
  const url = new URL(account.baseUrl)
  url.search = ''
  url.hash = ''
  return url.href.replace(/\/+$/, '')
}

/** Requests to the account's own origin, each with these headers. */
export function callsWith (headers: Readonly<Record<string, string>>): (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, signal: AbortSignal) => EgressRequest {
  return (method, url, signal) => ({ method, url, headers: { ...headers, accept: 'application/json' }, policy: { trust: 'channel' }, signal })
}

/** Where a URL from the upstream's reply may be read, and with which headers: the credential stays on the account's origin. */
export function locateResult (url: string, baseUrl: string, credential: Readonly<Record<string, string>>): ContentLocation {
  const base = new URL(baseUrl)
  const policy: EgressPolicy = { trust: 'upstream', channelHost: base.hostname }
  return { url, policy, headers: new URL(url).origin === base.origin ? credential : {} }
}

export function resultOf (videoUrl: string | undefined, thumbnailUrl: string | undefined, expiresAt?: string): AttemptResult {
  return { ...(videoUrl && { videoUrl }), ...(thumbnailUrl && { thumbnailUrl }), ...(expiresAt && { expiresAt }) }
}

/** The client's provider-specific parameters. They never replace what has a field of its own. */
export function extraParameters ({ parameters }: SubmissionRequest, reserved: ReadonlySet<string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parameters).filter(([name, value]) => !reserved.has(name) && value !== null && value !== undefined))
}

/** The same as form fields. */
export function extraFields (request: SubmissionRequest, reserved: ReadonlySet<string>): Record<string, string> {
  const parameters = Object.entries(extraParameters(request, reserved))
  return Object.fromEntries(parameters.map(([name, value]) => [name, typeof value === 'object' ? JSON.stringify(value) : String(value)]))
}
