import type { Capabilities, ModelCapabilities, SubmissionRequest } from './upstream.ts'

export type Models = Capabilities['models']

/** For a protocol without fields for more. */
const IMAGE_ONLY: ModelCapabilities = { imageInput: true }

/** The models of a channel: the adapter's known ones, or those the channel lists. `*` stands for any. */
export function offeredModels (known: Models, listed: readonly string[] | null, otherModel = IMAGE_ONLY): Pick<Capabilities, 'models' | 'anyModel' | 'otherModel'> {
  if (!listed || listed.length === 0) return { models: known, anyModel: false, otherModel }
  const anyModel = listed.includes('*')
  const named = listed.filter(name => name !== '*').map(name => [name, findModel(known, name) ?? otherModel] as const)
  return { models: { ...Object.fromEntries(named), ...(anyModel && known) }, anyModel, otherModel }
}

/** The offer of a channel that calls models by names of its own, too: `aliases` leads from such a name to what the provider is asked for. */
export function withAliases (offer: Capabilities, known: Models, aliases: Readonly<Record<string, string>>): Capabilities {
  const named = Object.entries(aliases).map(([name, model]) => [name, { upstreamModel: model, ...(findModel(known, model) ?? offer.otherModel) }] as const)
  return { ...offer, models: { ...offer.models, ...Object.fromEntries(named) } }
}

/** A model by the name a client sent; undefined when it may not be sent. */
export function modelFor ({ models, anyModel, otherModel }: Capabilities, name: string): ModelCapabilities | undefined {
  return findModel(models, name) ?? (anyModel ? otherModel : undefined)
}

/** A model with the name that it goes upstream by. */
export type SubmittedModel = ModelCapabilities & { upstreamModel: string }

/** What a submission is for; undefined when its model may not be sent. A repeat is for what the first try was for, whatever the name leads to by now. */
export function submittedModel (capabilities: Capabilities, { model, upstreamModel }: Pick<SubmissionRequest, 'model' | 'upstreamModel'>): SubmittedModel | undefined {
  const offered = modelFor(capabilities, model)
  const present = offered && { ...offered, upstreamModel: offered.upstreamModel ?? model }
  if (upstreamModel === undefined || upstreamModel === present?.upstreamModel) return present
  return { ...(findModel(capabilities.models, upstreamModel) ?? capabilities.otherModel), upstreamModel }
}

function findModel (models: Models, name: string): ModelCapabilities | undefined {
  return Object.hasOwn(models, name) ? models[name] : undefined
}
