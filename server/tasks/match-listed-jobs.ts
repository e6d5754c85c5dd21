import { modelFor } from '../upstreams/models.ts'
import type { Capabilities, ListedJob } from '../upstreams/upstream.ts'
import type { Submittable } from './submission-records.ts'

/** What tells one submission from another in the eyes of its provider. */
export type Wanted = Pick<Submittable, 'model' | 'prompt' | 'size' | 'aspect_ratio' | 'duration' | 'options' | 'type' | 'remix_from_external' | 'file_hashes' | 'upstream_model'> & { source_model: string | null }

export interface Matches {
  /** Surely, as far as a list can tell, what was submitted; the earliest first. */
  ours: ListedJob[]
  /** Might be it: such a job is not adopted, and is no proof that nothing was made. */
  doubtful: ListedJob[]
}

/**
 * Which of a provider's jobs, all of them nobody's, may come from a submission in doubt. `rivals` are the other submissions
 * in doubt there: a job that fits one of them as well is left alone when they want another video, because a swap would
 * give both clients the wrong one. Where they want the same it is as good as their own.
 */
export function matchListedJobs (capabilities: Capabilities, wanted: Wanted, rivals: readonly Wanted[], jobs: readonly ListedJob[]): Matches {
  const models = modelsOf(capabilities, wanted)
  const possible = jobs.filter(job => (job.model === undefined || models.includes(job.model)) && !isOfAnotherSource(job, wanted))
  const others = rivals.filter(rival => modelsOf(capabilities, rival).some(model => models.includes(model)) && !isSameWish(rival, wanted))
  const fits = possible.filter(job => job.prompt !== undefined && isSamePrompt(job.prompt, wanted.prompt))
  const ours = fits.filter(job => others.every(rival => fitOf(job, wanted) > fitOf(job, rival)))
  return {
    ours: ours.toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime()),
    doubtful: possible.filter(job => !ours.includes(job) && (job.prompt === undefined || fits.includes(job) || isCutShort(job.prompt, wanted.prompt)))
  }
}

/** What the provider may call the model of this submission. */
function modelsOf (capabilities: Capabilities, { model, upstream_model: sentAs, source_model: ofSource }: Wanted): string[] {
  if (sentAs !== null) return [sentAs, ofSource ?? sentAs]
  // Sent by a version that did not keep the name, or put in doubt after a restore.
  return [model, modelFor(capabilities, model)?.upstreamModel ?? model]
}

/** Providers trim prompts, collapse their white space and compose their characters. */
export function isSamePrompt (a: string, b: string): boolean {
  return a === b || plain(a) === plain(b)
}

function plain (prompt: string): string {
  return prompt.normalize('NFC').replace(/\s+/g, ' ').trim()
}

/** A list that shows the beginnings of prompts only. */
function isCutShort (shown: string, prompt: string): boolean {
  const beginning = plain(shown).replace(/\s*(\.{3}|…)$/, '')
  return beginning.length >= LEAST_BEGINNING && plain(prompt).startsWith(beginning)
}

/** Less than this is a prompt of its own. */
const LEAST_BEGINNING = 16

function isOfAnotherSource (job: ListedJob, wanted: Wanted): boolean {
  return job.remixedFrom !== undefined && job.remixedFrom !== wanted.remix_from_external
}

/** How well a job fits; below 0 when it has another prompt. Sizes and lengths are written in many ways, so they only tip the scales. */
function fitOf (job: ListedJob, { prompt, size, duration, remix_from_external: source }: Wanted): number {
  if (job.prompt === undefined || !isSamePrompt(job.prompt, prompt) || (job.remixedFrom !== undefined && job.remixedFrom !== source)) return -Infinity
  return (job.prompt === prompt ? 4 : 0) +
    agreement(job.remixedFrom, source ?? undefined) +
    agreement(job.size, size ?? undefined) +
    agreement(job.seconds, duration === null ? undefined : Number(duration))
}

function agreement<T> (said: T | undefined, wanted: T | undefined): number {
  if (said === undefined || wanted === undefined) return 0
  return said === wanted ? 1 : -1
}

function isSameWish (a: Wanted, b: Wanted): boolean {
  const wish = ({ model, upstream_model: sentAs, prompt, size, aspect_ratio: ratio, duration, options, type, remix_from_external: source, file_hashes: files }: Wanted) =>
    JSON.stringify([sentAs ?? model, plain(prompt), size, ratio, duration, options, type, source, files])
  return wish(a) === wish(b)
}
