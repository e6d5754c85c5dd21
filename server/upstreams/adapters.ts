import type { Egress } from './egress.ts'
import { createFal, falCapabilities } from './fal.ts'
import { createOpenai, openaiCapabilities } from './openai.ts'
import { createRunway, runwayCapabilities } from './runway.ts'
import { createSoraRelay, soraRelayCapabilities } from './sora-relay.ts'
import type { Capabilities, Upstream, UpstreamAccount } from './upstream.ts'

type Settings = UpstreamAccount['settings']

interface Adapter {
  capabilities (models: readonly string[] | null, settings: Settings): Capabilities
  create (account: UpstreamAccount, capabilities: Capabilities, egress: Egress): Upstream
}

const ADAPTERS = {
  'sora-relay': { capabilities: soraRelayCapabilities, create: createSoraRelay },
  openai: { capabilities: openaiCapabilities, create: createOpenai },
  fal: { capabilities: falCapabilities, create: createFal },
  runway: { capabilities: runwayCapabilities, create: createRunway }
} satisfies Record<string, Adapter>

export const ADAPTER_TYPES = Object.keys(ADAPTERS) as Array<keyof typeof ADAPTERS>

/** What a channel of this type can do with these models (null: the adapter's known ones; `*`: any). Throws for a type that is none. */
export function adapterCapabilities (type: string, models: readonly string[] | null, settings: Settings = {}): Capabilities {
  return adapterOf(type).capabilities(models, settings)
}

/** The adapter for one account. `settings.models` holds the channel's model list. Throws for a type that is none. */
export function createUpstream (type: string, account: UpstreamAccount, egress: Egress): Upstream {
  const models = Array.isArray(account.settings.models) ? account.settings.models.map(String) : null
  return adapterOf(type).create(account, adapterCapabilities(type, models, account.settings), egress)
}

function adapterOf (type: string): Adapter {
  if (!Object.hasOwn(ADAPTERS, type)) throw new Error(`There is no adapter "${type}"; there are ${ADAPTER_TYPES.join(', ')}`)
  return ADAPTERS[type as keyof typeof ADAPTERS]
}
