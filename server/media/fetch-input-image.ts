import { invalidField } from '../errors.ts'
import { EgressError, type Egress, type EgressReply } from '../upstreams/egress.ts'
import type { InputImage } from '../upstreams/upstream.ts'
import { checkImage, MAX_IMAGE_BYTES } from './input-image.ts'

const TOTAL_MS = 20_000

/** Reads an image from an address a user gave: public addresses only, https only. Throws what is wrong with the field. */
export async function fetchInputImage (egress: Egress, url: string, field: string): Promise<InputImage> {
  const reply = await get(egress, url).catch(error => {
    if (!(error instanceof EgressError)) throw error
    throw invalidField(field, error.kind === 'too-large' ? 'must be an image of at most 10 MiB' : 'could not be read: it must be a public https address of an image')
  })
  if (reply.status !== 200) throw invalidField(field, `could not be read: its server answered ${reply.status}`)
  return checkImage(reply.body, field)
}

function get (egress: Egress, url: string): Promise<EgressReply> {
  const policy = { trust: 'user' as const }
  return egress.request({ method: 'GET', url, policy, redirects: 3, timeouts: { total: TOTAL_MS }, maxBytes: MAX_IMAGE_BYTES, signal: AbortSignal.timeout(TOTAL_MS) })
}
