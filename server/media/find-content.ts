import type { Db } from '../database/tables.ts'
import { ReelayError } from '../errors.ts'
import type { AssetStore } from './asset-store.ts'
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

/** The copy may be removed at any moment. */
function firstOf (kept: Content, upstream: Content): Content {
  return {
    videoId: kept.videoId,
    openWhole: signal => kept.openWhole(signal).catch(ifGone(() => upstream.openWhole(signal))),
    openPart: (range, signal) => kept.openPart(range, signal).catch(ifGone(() => upstream.openPart(range, signal)))
  }
}

function ifGone<T> (otherwise: () => T) {
  return (error: NodeJS.ErrnoException): T => {
    if (error.code !== 'ENOENT') throw error
    return otherwise()
  }
}

function keptContent (store: AssetStore, { task_id: videoId, sha256, content_type: contentType }: KeptAsset): Content {
  return {
    videoId,
    async openWhole () {
      const { stream, size } = await store.open(sha256)
      return { contentType, size, body: stream }
    },
    async openPart (asked) {
      const size = await store.sizeOf(sha256)
      const range = resolveRange(asked, size)
      if (!range) return { size }
      const { stream } = await store.open(sha256, range)
      return { contentType, size, range, body: stream }
    }
  }
}
