import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from 'mediabunny'

/** What a video file says of itself. */
export interface VideoFacts {
  contentType: string
  durationMs: number
  /** As shown, in pixels. */
  width: number
  height: number
}

/** The bytes are no video, or not all of one. */
export class UnreadableVideo extends Error {
  override name = 'UnreadableVideo'
}

/** Reads a video file by its bytes, whatever it is called, to the last picture and sound of it. Throws UnreadableVideo. */
export async function readVideoFile (path: string): Promise<VideoFacts> {
  using input = new Input({ formats: ALL_FORMATS, source: new FilePathSource(path) })
  try {
    return await readFacts(input)
  } catch (error) {
    if (error instanceof UnreadableVideo) throw error
    throw new UnreadableVideo(`the file cannot be read as a video: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

async function readFacts (input: Input): Promise<VideoFacts> {
  const track = await input.getPrimaryVideoTrack()
  if (!track) throw new UnreadableVideo('the file has no pictures')
  for (const each of await input.getTracks()) {
    // A cut file still lists the packets it has lost.
    if (!await new EncodedPacketSink(each as typeof track).getPacket(Infinity)) throw new UnreadableVideo('the file ends early')
  }
  return {
    contentType: (await input.getMimeType()).split(';')[0]!,
    durationMs: Math.round(await input.computeDuration() * 1000),
    width: track.displayWidth,
    height: track.displayHeight
  }
}
