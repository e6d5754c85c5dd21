/** The random end of an id: enough to tell a person's videos apart. */
export function shortId (videoId: string): string {
  return videoId.slice(videoId.lastIndexOf('_') + 1)
}
