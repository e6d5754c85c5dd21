import { join } from 'node:path'
import { ALL_FORMATS, BufferTarget, EncodedPacketSink, EncodedVideoPacketSource, FilePathSource, Input, Mp4OutputFormat, Output } from 'mediabunny'

const CLIP = join(import.meta.dirname, '..', '..', 'server', 'sandbox', 'clip.mp4')

/** The first so many seconds of the sandbox's video. */
export async function shortClip (seconds: number): Promise<Buffer> {
  using input = new Input({ formats: ALL_FORMATS, source: new FilePathSource(CLIP) })
  const track = (await input.getPrimaryVideoTrack())!
  const source = new EncodedVideoPacketSource('avc')
  const target = new BufferTarget()
  const output = new Output({ format: new Mp4OutputFormat(), target })
  output.addVideoTrack(source)
  await output.start()
  const decoderConfig = (await track.getDecoderConfig())!
  for await (const packet of new EncodedPacketSink(track).packets()) {
    if (packet.timestamp < seconds) await source.add(packet, { decoderConfig })
  }
  await output.finalize()
  return Buffer.from(target.buffer!)
}
