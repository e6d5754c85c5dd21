import type { Db } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'
import { createUpstream } from '../upstreams/adapters.ts'
import type { Egress } from '../upstreams/egress.ts'
import type { Upstream, UpstreamAccount } from '../upstreams/upstream.ts'
import { Breakers, type BreakerState } from './breakers.ts'
import { findChannel } from './channel-repository.ts'
import { findCurrentCredentialId, openCredential, openWebhookSecret } from './credentials.ts'

/** How long a change of a channel may go unseen by this process. */
const FRESH_MS = 5_000

export interface SandboxAddress { url: string, apiKey: string }

interface Entry { upstream: Promise<Upstream>, readAt: number }

/** Which account an attempt was, or will be, submitted with. */
export interface AccountRef { channel_id: string, credential_id: string | null }

/** Adapters by account, built when first needed and rebuilt every few seconds. Keys are opened here and go nowhere else. */
export class Upstreams {
  readonly #entries = new Map<string, Entry>()
  readonly #breakers = new Breakers()
  readonly #db: Db
  readonly #egress: Egress
  readonly #encryptionKey: Buffer
  readonly #sandbox: () => SandboxAddress | undefined

  constructor (db: Db, egress: Egress, encryptionKey: Buffer, sandbox: () => SandboxAddress | undefined) {
    this.#db = db
    this.#egress = egress
    this.#encryptionKey = encryptionKey
    this.#sandbox = sandbox
  }

  get sandboxServes (): boolean {
    return this.sandbox !== undefined
  }

  /** Where this process serves the simulated provider, if it does. */
  get sandbox (): SandboxAddress | undefined {
    return this.#sandbox()
  }

  /** For how long, in milliseconds, a channel's upstream that keeps failing is left alone. */
  pauseMs (channelId: string): number {
    return this.#breakers.pauseMs(channelId)
  }

  /** For the metrics, by channel. */
  breakerStates (): Record<string, BreakerState> {
    return this.#breakers.states()
  }

  /** The adapter for the account of an attempt. Throws CHANNEL_UNAVAILABLE when the channel is gone or has no key, and when its key cannot be opened. */
  forAttempt (account: AccountRef): Promise<Upstream> {
    const key = `${account.channel_id} ${account.credential_id}`
    const known = this.#entries.get(key)
    if (known && performance.now() - known.readAt < FRESH_MS) return known.upstream

    const upstream = this.#open(account)
    this.#entries.set(key, { upstream, readAt: performance.now() })
    // A failed look-up must not be remembered.
    upstream.catch(() => this.#entries.delete(key))
    return upstream
  }

  /** What the channel was is forgotten here at once; other processes see a change within FRESH_MS. */
  forget (channelId: string): void {
    for (const key of this.#entries.keys()) {
      if (key.startsWith(`${channelId} `)) this.#entries.delete(key)
    }
  }

  /** The adapter for what concerns a whole channel. Throws as `forAttempt` does. */
  async forChannel (channelId: string): Promise<Upstream> {
    return await this.forAttempt({ channel_id: channelId, credential_id: await findCurrentCredentialId(this.#db, channelId) ?? null })
  }

  async #open ({ channel_id: id, credential_id: credentialId }: AccountRef): Promise<Upstream> {
    const channel = await findChannel(this.#db, id)
    if (!channel) throw unavailable(`channel ${id} does not exist`)
    const place = channel.builtin ? this.#sandboxPlace() : await this.#ownPlace(credentialId)
    const account: UpstreamAccount = { channelId: id, settings: { ...channel.settings, models: channel.models }, webhookSecret: openWebhookSecret(this.#encryptionKey, channel), ...place }
    const upstream = this.#breakers.protect(id, createUpstream(channel.type, account, this.#egress))
    return channel.builtin ? atCurrentOrigin(upstream, place.baseUrl) : upstream
  }

  #sandboxPlace () {
    const sandbox = this.#sandbox()
    if (!sandbox) throw unavailable('the sandbox does not run here')
    return { baseUrl: sandbox.url, apiKey: sandbox.apiKey }
  }

  async #ownPlace (credentialId: string | null) {
    if (!credentialId) throw unavailable('the channel has no key')
    return await openCredential(this.#db, this.#encryptionKey, credentialId)
  }
}

function unavailable (reason: string): ReelayError {
  return new ReelayError('CHANNEL_UNAVAILABLE', { params: { reason } })
}

/** The sandbox listens on another port in every process: a file address of an earlier one is found at the present one. */
function atCurrentOrigin (upstream: Upstream, baseUrl: string): Upstream {
  return {
    ...upstream,
    content: (job, variant) => {
      const location = upstream.content(job, variant)
      if (!location) return undefined
      const { pathname, search } = new URL(location.url)
      return { ...location, url: new URL(pathname + search, baseUrl).href }
    }
  }
}
