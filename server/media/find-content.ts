import type { Db } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'
import { AssetMissing, AssetStoreAway, type AssetStore } from './asset-store.ts'
import { noteUse } from './assets.ts'
import { resolveRange, type RangeRequest } from './byte-range.ts'
import type { ContentTask, KeptAsset } from './content-task.ts'
import { findContentSource, type ContentSource, type SourceContext } from './content-source.ts'
import { openPart, openWhole, type OpenContent, type OpenPart, type OutsideContent } from './open-content.ts'
import type { ContentVariant } from './signed-urls.ts'

/** One task's bytes, wherever they are. */
export interface Content {
  videoId: string
  openWhole: (signal: AbortSignal) => Promise<OpenContent>
  openPart: (range: RangeRequest, signal: AbortSignal) => Promise<OpenPart | OutsideContent>
}

interface Resources extends SourceContext { db: Db, assets: AssetStore }

/** The file that is kept here; else the upstream's, for as long as that keeps it. Throws CONTENT_NOT_READY until the task is COMPLETED. */
export async function findContent (resources: Resources, { asset, ...task }: ContentTask, variant: ContentVariant): Promise<Content> {
  if (task.status !== 'COMPLETED') throw new ReelayError('CONTENT_NOT_READY', { params: { status: task.status } })
  const upstream = upstreamContent(task.id, () => findContentSource(resources, task, variant))
  if (!asset) return upstream
  await noteUse(resources.db, asset)
  return firstOf(keptContent(resources.assets, asset), upstream)
}

function upstreamContent (videoId: string, find: () => Promise<ContentSource>): Content {
  return {
    videoId,
    openWhole: async signal => await openWhole(await find(), signal),
    openPart: async (range, signal) => await openPart(await find(), range, signal)
  }
}

/** The copy may be removed at any moment, and its store be away. */
function firstOf (kept: Content, upstream: Content): Content {
  return {
    videoId: kept.videoId,
    openWhole: signal => kept.openWhole(signal).catch(orElse(() => upstream.openWhole(signal))),
    openPart: (range, signal) => kept.openPart(range, signal).catch(orElse(() => upstream.openPart(range, signal)))
  }
}

/** What the upstream says of a video that is gone here is the answer; while the store is away, that it is. */
function orElse<T> (otherwise: () => Promise<T>) {
  return async (error: unknown): Promise<T> => {
    if (error instanceof AssetMissing) return await otherwise()
    if (error instanceof AssetStoreAway) return await otherwise().catch(() => { throw error })
    throw error
  }
}

function keptContent (store: AssetStore, { task_id: videoId, sha256, content_type: contentType, size: length }: KeptAsset): Content {
  return {
    videoId,
    async openWhole (signal) {
      const { stream, size } = await store.open(sha256, undefined, signal)
      return { contentType, size, body: stream }
    },
    async openPart (asked, signal) {
      const size = Number(length)
      const range = resolveRange(asked, size)
      if (!range) return { size }
      const { stream } = await store.open(sha256, range, signal)
      return { contentType, size, range, body: stream }
    }
  }
}
