import type { Task } from '../api/client.ts'

/** Where what it was made from is shown; what was made of it says its place in the tree should it be deleted. */
export function sourcePath ({ remixedFrom, videoId }: Pick<Task, 'remixedFrom' | 'videoId'>): string {
  return `/lineage/${remixedFrom}?of=${videoId}`
}
