import { lookup as dnsLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { buildConnector } from 'undici'
import { EgressError } from './egress-error.ts'

/** Who named the URL, and so where it may lead (DESIGN §9). */
export type EgressPolicy =
  /** An administrator: anywhere. */
  | { trust: 'channel' }
  /** An upstream's reply: the host name of its channel's base URL, or a public address. */
  | { trust: 'upstream', channelHost: string }
  /** A user: a public address, by https (or http where allowed) on its usual port. */
  | { trust: 'user', allowHttp?: boolean }

export type Connector = buildConnector.connector

/**
 * Whether an address is on the public internet. IPv6 counts only inside 2000::/3 and outside of the ranges that
 * carry an IPv4 address (6to4, Teredo); NAT64 and IPv4-mapped ones lie outside of it.
 */
export function isPublicAddress (address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast') return false
  return parsed instanceof ipaddr.IPv4 || (parsed.parts[0]! & 0xe000) === 0x2000
}

/** Parses a URL and checks what can be known before connecting. Throws EgressError. */
export function checkUrl (address: string, policy: EgressPolicy): URL {
  const url = URL.parse(address)
  if (!url) throw refused('the address is not a URL')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') throw refused(`the scheme ${url.protocol} is not allowed`)
  if (url.username || url.password) throw refused('a user name or password in the address is not allowed')
  if (policy.trust === 'user') checkUserUrl(url, policy.allowHttp)
  return url
}

/** Whether a connection for this URL may lead to any address; the others are checked when they are opened. */
export function mayGoAnywhere (url: URL, policy: EgressPolicy): boolean {
  if (policy.trust === 'user') return false
  return policy.trust === 'channel' || url.hostname === policy.channelHost
}

/** What holds for the place a reply redirects to: never more than for a URL found in that reply. */
export function redirectPolicy (from: URL, policy: EgressPolicy): EgressPolicy {
  return policy.trust === 'channel' ? { trust: 'upstream', channelHost: from.hostname } : policy
}

export function connectAnywhere (timeoutMs: number, lookup: LookupFunction = dnsLookup): Connector {
  return buildConnector({ timeout: timeoutMs, lookup, allowH2: false } as buildConnector.BuildOptions)
}

/** Connects to public addresses only. What was checked is what is connected to, so a second DNS answer changes nothing. */
export function connectPublicOnly (timeoutMs: number, lookup: LookupFunction = dnsLookup): Connector {
  const connect = connectAnywhere(timeoutMs, publicLookup(lookup))
  return (options, callback) => {
    // No look-up happens for a literal address.
    if (isIP(options.hostname) && !isPublicAddress(options.hostname)) queueMicrotask(() => callback(refused('the address is not public'), null))
    else connect(options, callback)
  }
}

function checkUserUrl (url: URL, allowHttp = false): void {
  if (url.protocol === 'http:' && !allowHttp) throw refused('only https is allowed')
  if (url.port !== '') throw refused(`port ${url.port} is not allowed`)
}

/** One private address among several is enough to refuse: which one gets connected to is not ours to say. */
function publicLookup (lookup: LookupFunction): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, [])
      const addresses = Array.isArray(found) ? found : []
      const [first] = addresses
      if (!first || !addresses.every(({ address }) => isPublicAddress(address))) return callback(refused('the host name leads to an address that is not public'), [])
      if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}

function refused (message: string): EgressError {
  return new EgressError('refused-address', message, { sent: false })
}
