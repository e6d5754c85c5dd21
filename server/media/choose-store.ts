import type { Config } from '../config.ts'
import type { Egress } from '../upstreams/egress.ts'
import type { AssetStore } from './asset-store.ts'
import { createLocalStore } from './local-store.ts'
import { createS3Client } from './s3-client.ts'
import { createS3Store } from './s3-store.ts'

/** The store that MEDIA_URL names; without it the folder in DATA_DIR. */
export function createAssetStore ({ DATA_DIR, mediaStore }: Pick<Config, 'DATA_DIR' | 'mediaStore'>, egress: Egress): AssetStore {
  if (!mediaStore) return createLocalStore(DATA_DIR)
  const { location, keys } = mediaStore
  return createS3Store(DATA_DIR, location, createS3Client(location, keys, egress))
}
