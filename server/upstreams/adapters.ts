import { arkCapabilities, createArk } from './ark.ts'
import type { Egress } from './egress.ts'
import { createFal, falCapabilities } from './fal.ts'
import { withAliases } from './models.ts'
import { DIALECT_NAMES } from './openai-dialects.ts'
import { createOpenai, openaiCapabilities } from './openai.ts'
import { isObject } from './replies.ts'
import { createRunway, runwayCapabilities } from './runway.ts'
import { createSoraRelay, soraRelayCapabilities } from './sora-relay.ts'
import type { Capabilities, Upstream, UpstreamAccount } from './upstream.ts'

type Settings = UpstreamAccount['settings']

interface Adapter {
  /** What `settings.dialect` may name. */
  dialects?: readonly string[]
  capabilities (models: readonly string[] | null, settings: Settings): Capabilities
  create (account: UpstreamAccount, capabilities: Capabilities, egress: Egress): Upstream
}

const ADAPTERS = {
  'sora-relay': { capabilities: soraRelayCapabilities, create: createSoraRelay },
  openai: { dialects: DIALECT_NAMES, capabilities: openaiCapabilities, create: createOpenai },
  fal: { capabilities: falCapabilities, create: createFal },
  runway: { capabilities: runwayCapabilities, create: createRunway },
  ark: { capabilities: arkCapabilities, create: createArk }
} satisfies Record<string, Adapter>

export const ADAPTER_TYPES = Object.keys(ADAPTERS) as Array<keyof typeof ADAPTERS>

/** The dialects that a channel of this type may name. Throws for a type that is none. */
export function dialectsOf (type: string): readonly string[] {
  return adapterOf(type).dialects ?? []
}

/**
 * What a channel of this type can do with these models (null: the adapter's known ones; `*`: any) and those that `settings.modelAliases` adds.
 * Throws for a type that is none.
 */
export function adapterCapabilities (type: string, models: readonly string[] | null, settings: Settings = {}): Capabilities {
  const adapter = adapterOf(type)
  const offer = adapter.capabilities(models, settings)
  const { modelAliases } = settings
  return isObject(modelAliases) ? withAliases(offer, adapter.capabilities(null, settings).models, modelAliases as Record<string, string>) : offer
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
