import type { components } from '../api/schema.d.ts'
import type { Model } from '../models/use-models.ts'
import { NO_PICTURES, pictureFields, type Pictures } from './pictures.ts'

export type TaskRequest = components['schemas']['TaskRequest']

/** What stands in the composer. Empty means: as the provider likes. */
export interface Draft {
  prompt: string
  model: string
  aspectRatio: string
  size: string
  duration: string
  /** How many, as it was typed. */
  count: string
  pictures: Pictures
  /** Advanced parameters by name, as they were typed. */
  extras: Readonly<Record<string, string>>
}

export type Parameters = Model['parameters']

export const EMPTY_DRAFT: Draft = { prompt: '', model: '', aspectRatio: '', size: '', duration: '', count: '1', pictures: NO_PICTURES, extras: {} }

export const MAX_COUNT = 20

/** So many are made, whatever stands in the field. */
export function countOf ({ count }: Pick<Draft, 'count'>): number {
  return Math.min(MAX_COUNT, Math.max(1, Math.floor(Number(count)) || 1))
}

const NUMBERS = new Set(['seed', 'strength', 'fps'])
const FLAGS = new Set(['watermark', 'audio'])

/** The request for it. What the model does not take is left out, though it may have been typed for another one. */
export function toRequest (draft: Draft, model: Model | undefined): TaskRequest {
  const { prompt, aspectRatio, size, duration, pictures, extras } = draft
  return {
    prompt: prompt.trim(),
    ...draft.model && model && { model: model.name },
    ...within(model?.sizes, size) && { size },
    ...!size && within(model?.aspectRatios, aspectRatio) && { aspectRatio },
    ...duration && { duration: Number(duration) },
    ...pictureFields(pictures, model),
    ...extraFields(extras, model?.parameters)
  }
}

/** The advanced parameters of a request, of those that are taken. */
export function extraFields (extras: Draft['extras'], parameters: Parameters | undefined): Partial<TaskRequest> {
  const taken = new Set(extraNames(parameters))
  return Object.fromEntries(Object.entries(extras).filter(([name, text]) => text !== '' && taken.has(name)).map(([name, text]) => [name, valueOf(name, text)]))
}

/** The advanced parameters that are taken, in the order in which they are shown. */
export function extraNames (parameters: Parameters | undefined): string[] {
  if (!parameters) return []
  return ['negativePrompt', 'seed', 'strength', 'style', 'cameraMotion', 'fps', 'audio', 'watermark'].filter(name => Boolean((parameters as Record<string, unknown>)[name]))
}

function within (allowed: readonly string[] | null | undefined, value: string): boolean {
  return value !== '' && (allowed == null || allowed.includes(value))
}

function valueOf (name: string, text: string): unknown {
  if (NUMBERS.has(name)) return Number(text)
  return FLAGS.has(name) ? text === 'true' : text
}
