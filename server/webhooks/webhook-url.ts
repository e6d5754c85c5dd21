import { isIP } from 'node:net'
import { invalidField } from '../errors.ts'
import { checkUrl, isPublicAddress, type EgressPolicy } from '../upstreams/egress-addresses.ts'
import { EgressError } from '../upstreams/egress-error.ts'

/** Users name the targets: public addresses only, checked once more when connected to. */
export function webhookPolicy ({ WEBHOOK_ALLOW_HTTP }: { WEBHOOK_ALLOW_HTTP: boolean }): EgressPolicy {
  return { trust: 'user', allowHttp: WEBHOOK_ALLOW_HTTP }
}

/** Throws REQUEST_INVALID for what can be known before connecting: the scheme, a password, a port, a private address. */
export function checkWebhookUrl (field: string, address: string, config: { WEBHOOK_ALLOW_HTTP: boolean }): void {
  try {
    const { hostname } = checkUrl(address, webhookPolicy(config))
    const literal = hostname.replace(/^\[|\]$/g, '')
    if (isIP(literal) && !isPublicAddress(literal)) throw invalidField(field, 'must not be a private address')
  } catch (error) {
    if (error instanceof EgressError) throw invalidField(field, `cannot be used: ${error.message}`)
    throw error
  }
}
