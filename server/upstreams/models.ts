import type { Capabilities, ModelCapabilities } from './upstream.ts'

export type Models = Capabilities['models']

/** What a model that the adapter does not know is taken to be able to do: its upstream decides. */
const UNKNOWN_MODEL: ModelCapabilities = { imageInput: true }

/** The models of a channel: the adapter's known ones, or those the channel lists. `*` stands for any. */
export function offeredModels (known: Models, listed: readonly string[] | null): Pick<Capabilities, 'models' | 'anyModel'> {
  if (!listed || listed.length === 0) return { models: known, anyModel: false }
  const anyModel = listed.includes('*')
  const named = listed.filter(name => name !== '*').map(name => [name, findModel(known, name) ?? UNKNOWN_MODEL] as const)
  return { models: { ...Object.fromEntries(named), ...(anyModel && known) }, anyModel }
}

/** A model by the name a client sent; undefined when it may not be sent. */
export function modelFor ({ models, anyModel }: Capabilities, name: string): ModelCapabilities | undefined {
  return findModel(models, name) ?? (anyModel ? UNKNOWN_MODEL : undefined)
}

function findModel (models: Models, name: string): ModelCapabilities | undefined {
  return Object.hasOwn(models, name) ? models[name] : undefined
}
