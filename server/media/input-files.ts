import type { Asset, Db } from '../database/tables.ts'
import type { InputFile, InputImage, SubmissionRequest } from '../upstreams/upstream.ts'
import { storeContent } from './assets.ts'
import type { AssetStore } from './asset-store.ts'

/** The files that a client gives to a task. */
export type InputFiles = Pick<SubmissionRequest, 'image' | 'firstFrame' | 'lastFrame' | 'referenceImages' | 'video'>

/** How each is kept. */
const KINDS = { image: 'input', firstFrame: 'first_frame', lastFrame: 'last_frame', referenceImages: 'reference', video: 'source' } as const satisfies Record<keyof InputFiles, Asset['kind']>
const INPUT_KINDS = Object.values(KINDS)

export type InputKind = typeof INPUT_KINDS[number]

/** One of them; `position` is its place among those of its kind. */
export interface KeptInput { kind: InputKind, position: number, file: InputFile }

export function inputsOf ({ image, firstFrame, lastFrame, referenceImages = [], video }: InputFiles): KeptInput[] {
  const single = Object.entries({ image, firstFrame, lastFrame, video }) as Array<[keyof InputFiles, InputFile | undefined]>
  return [
    ...single.flatMap(([name, file]) => file ? [{ kind: KINDS[name], position: 0, file }] : []),
    ...referenceImages.map((file, position) => ({ kind: KINDS.referenceImages, position, file }))
  ]
}

/** Keeps a file a task was given: its row in the caller's transaction, after the task's own. */
export async function saveInput (trx: Db, store: AssetStore, taskId: string, { kind, position, file }: KeptInput): Promise<void> {
  const sha256 = await storeContent(trx, store, file.bytes)
  await trx
    .insertInto('assets')
    .values({ task_id: taskId, kind, position, sha256, size: file.bytes.length, content_type: file.contentType, file_name: file.fileName })
    .execute()
}

/** The files a task was created with, for every submission and retry of it. */
export async function loadInputs (db: Db, store: AssetStore, taskId: string): Promise<InputFiles> {
  const rows = await selectInputs(db, taskId).selectAll().orderBy('position').execute()
  const files = await Promise.all(rows.map(async row => ({ kind: row.kind, file: await readInput(store, row) })))
  const of = (kind: InputKind) => files.filter(input => input.kind === kind).map(({ file }) => file)
  const images = (kind: InputKind) => of(kind) as InputImage[]
  return {
    image: images('input')[0],
    firstFrame: images('first_frame')[0],
    lastFrame: images('last_frame')[0],
    referenceImages: images('reference').length > 0 ? images('reference') : undefined,
    video: of('source')[0]
  }
}

/** Which files a task was created with, by kind; a kind given several times stands there as often. */
export async function listInputKinds (db: Db, taskId: string): Promise<InputKind[]> {
  const rows = await selectInputs(db, taskId).select('kind').execute()
  return rows.map(({ kind }) => kind as InputKind)
}

function selectInputs (db: Db, taskId: string) {
  return db
    .selectFrom('assets')
    .where('task_id', '=', taskId)
    .where('kind', 'in', INPUT_KINDS)
}

async function readInput (store: AssetStore, { sha256, content_type: contentType, file_name: fileName }: Asset): Promise<InputFile> {
  const { stream } = await store.open(sha256)
  return { bytes: Buffer.concat(await stream.toArray()), contentType, fileName: fileName! }
}
