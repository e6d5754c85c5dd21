import type { IncomingHttpHeaders } from 'node:http'
import type { Behaviour } from './behaviour.ts'
import { checkCharacters } from './characters.ts'
import { createJob, type Dialect, type Job, type SubmissionKind } from './job.ts'
import { stateOf } from './progress.ts'
import type { Meaning } from './protocol.ts'
import { PROTOCOLS } from './protocols.ts'
import { Refusal } from './replies.ts'
import type { RequestBody } from './request-body.ts'
import { hasBadFileName } from './sora-relay.ts'
import type { SandboxStore } from './store.ts'

export interface SubmissionRequest {
  dialect: Dialect
  kind: SubmissionKind
  /** The video the path names. */
  sourceId?: string | undefined
  body: RequestBody
  meaning: Meaning
  headers: IncomingHttpHeaders
}

/** Makes the job: from here on it is paid and in the ledger. Throws Refusal when nothing was made. */
export async function submit (store: SandboxStore, request: SubmissionRequest, behaviour: Behaviour, durationMs: number): Promise<Job> {
  const { dialect, kind, body, meaning, headers } = request
  PROTOCOLS[dialect].check(body, meaning, kind)
  checkCharacters(body)

  const sourceId = request.sourceId ?? meaning.sourceId ?? null
  // Ark says what a video is made from in its content only.
  const source = kind === 'create' && (dialect !== 'ark' || sourceId === null) ? undefined : await findSource(store, dialect, sourceId, body)

  const { prompt, model = 'sora-2' } = meaning
  const { prompt: _prompt, model: _model, ...fields } = body.fields
  const idempotencyKey = single(headers['idempotency-key'])
  const reference = single(headers['x-client-request-id']) ?? idempotencyKey
  const size = meaning.size ?? source?.request.size ?? defaultSize(dialect, fields.aspect_ratio)
  const seconds = meaning.seconds ?? source?.request.seconds ?? '4'
  const submission = { dialect, kind, model, prompt, sourceId, fields, files: body.files, size, seconds, idempotencyKey, reference }
  const job = await store.insert(createJob(submission, fateOf(request, behaviour), durationMs))
  if (job.prompt !== prompt || job.model !== model) throw new Refusal(409, 'idempotency_key_reused', 'This idempotency key was used with another request.')
  return job
}

async function findSource (store: SandboxStore, dialect: Dialect, sourceId: string | null, { files }: RequestBody): Promise<Job | undefined> {
  if (sourceId === null && files.some(file => file.field === 'video')) return undefined
  const source = sourceId === null ? undefined : await store.find(sourceId)
  if (source?.dialect !== dialect || source.request.removed) throw new Refusal(404, 'not_found', 'The source video does not exist.')
  if (stateOf(source, Date.now()).phase !== 'completed') throw new Refusal(409, 'video_not_completed', 'The source video is not completed.')
  return source
}

function defaultSize (dialect: Dialect, aspectRatio: string | undefined): string {
  if (aspectRatio === '9:16' || dialect === 'openai') return '720x1280'
  return aspectRatio === '16:9' ? '1280x720' : '720x720'
}

function fateOf ({ dialect, body }: SubmissionRequest, behaviour: Behaviour): Behaviour {
  if (dialect !== 'sora-relay' || !hasBadFileName(body)) return behaviour
  return { failAt: 9, error: { message: 'file upload failed', code: 'upload_failed' }, ...behaviour }
}

function single (value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null
}
