import type { ServerContext } from '../context.ts'
import type { Task } from '../database/tables.ts'
import { failpoint } from '../failpoints.ts'
import { removeUnused, saveVideoAsset } from '../media/assets.ts'
import { attemptSource } from '../media/content-source.ts'
import { fetchVideo, type FetchedVideo } from '../media/fetch-video.ts'
import { UnreadableVideo } from '../media/video-file.ts'
import { schedulePreviews, type TaskJob } from '../queues/queues.ts'
import { completeTask } from './complete-task.ts'
import { claimSave, endSave, postponeSave, renewSave, SAVE_LEASE_MS, type SaveClaim } from './save-records.ts'
import { findAttempt } from './task-repository.ts'
import { failTask, logTransition } from './transitions.ts'

/** So often the bytes may be no whole video before the task fails: at 0, 2, 6, 14, 30 and 62 s. */
const UNREADABLE_TRIES = 6
/** Anything else (the upstream away, no room on the disk) is waited out; after this the file counts as gone. */
const GIVE_UP_MS = 24 * 3_600_000
const MAX_DELAY_MS = 60_000
/** Of one try. */
const TRY_MS = 50 * 60_000

/**
 * Copies the video of an attempt that its upstream has finished, then completes the task. The deadline no longer
 * counts: the video is made and paid for. Answers with the task when its status changed. Running it twice is
 * harmless: the claim lets one through.
 */
export async function saveVideo (context: ServerContext, job: TaskJob, stopping: AbortSignal): Promise<Task | undefined> {
  const claim = await claimSave(context.db, job)
  if (!claim) return undefined
  const lost = new AbortController()
  const renewal = setInterval(() => renew(context, claim, lost), SAVE_LEASE_MS / 3)
  try {
    return await copy(context, claim, AbortSignal.any([stopping, lost.signal, AbortSignal.timeout(TRY_MS)]))
  } catch (error) {
    // Whoever holds the lease now goes on.
    if (lost.signal.aborted) return undefined
    return await putOff(context, claim, error, stopping.aborted)
  } finally {
    clearInterval(renewal)
  }
}

/** A renewal that fails is repeated before the lease ends; one that finds another holder stops this copy. */
function renew ({ db, log }: ServerContext, claim: SaveClaim, lost: AbortController): void {
  renewSave(db, claim).then(
    renewed => { if (!renewed) lost.abort() },
    error => log.warn({ err: error, videoId: claim.taskId }, 'the lease of a copy was not renewed'))
}

async function copy (context: ServerContext, claim: SaveClaim, signal: AbortSignal): Promise<Task | undefined> {
  const { db, assets, feed, log } = context
  const attempt = await findAttempt(db, claim.taskId, claim.attempt)
  const video = await fetchVideo(await attemptSource(context, attempt!), assets, signal)
  failpoint('save.after-fetch', claim.taskId)
  await assets.keep(video.file, signal)
  failpoint('save.after-keep', claim.taskId)
  const completed = await record(context, claim, video)
  failpoint('save.after-record', claim.taskId)
  if (!completed) await removeUnused(db, assets, [video.file.sha256])
  feed.wake()
  if (completed) logTransition(log, completed)
  return completed
}

/** Undefined: the task is not completed by it, because it was cancelled, deleted, or another attempt was there first. */
async function record ({ db, boss, assets, config, previews }: ServerContext, claim: SaveClaim, { file, facts }: FetchedVideo): Promise<Task | undefined> {
  return await db.transaction().execute(async trx => {
    if (!await endSave(trx, claim)) return undefined
    const completed = await completeTask(trx, claim, config.MEDIA_RETENTION_DAYS)
    if (completed && !await saveVideoAsset(trx, assets, claim.taskId, file, facts)) throw new Error('the copy was removed with another task that had the same bytes')
    if (completed && previews) await schedulePreviews(boss, trx, claim)
    return completed
  })
}

/** Tries again later, or ends the task when the bytes will never be a video. */
async function putOff (context: ServerContext, claim: SaveClaim, error: unknown, stopping: boolean): Promise<Task | undefined> {
  const { db, boss, log, feed } = context
  const unreadable = error instanceof UnreadableVideo && !stopping
  const reason = error instanceof Error ? error.message : String(error)
  if (isHopeless(claim, unreadable)) {
    const failed = await db.transaction().execute(async trx => await endSave(trx, claim) ? await failTask(trx, claim.taskId, claim.attempt, 'OUTPUT_UNREADABLE', reason) : undefined)
    feed.wake()
    if (failed) logTransition(log, failed)
    return failed
  }
  const delayMs = stopping ? 0 : Math.min(MAX_DELAY_MS, 2_000 * 2 ** Math.min(claim.tries - 1, 6))
  await db.transaction().execute(trx => postponeSave(trx, boss, claim, { delayMs, unreadable, error: reason }))
  log.warn({ videoId: claim.taskId, attempt: claim.attempt, tries: claim.tries, unreadable, delayMs, reason }, 'the video could not be copied yet')
  return undefined
}

function isHopeless ({ unreadable, sinceMs }: SaveClaim, now: boolean): boolean {
  return (now && unreadable + 1 >= UNREADABLE_TRIES) || sinceMs > GIVE_UP_MS
}
