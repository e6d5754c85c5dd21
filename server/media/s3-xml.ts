export interface Listing {
  objects: Array<{ key: string, modified: Date }>
  /** Where the next page begins; undefined on the last one. */
  next: string | undefined
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: '\'' }

/** The code in an error's body, which may be anything. */
export function errorCode (xml: string): string | undefined {
  return /<Code>([A-Za-z0-9]{1,64})<\/Code>/.exec(xml)?.[1]
}

/** Reads an answer of ListObjectsV2. Keys and tokens are all that is wanted of it, and no key here needs more of XML than this. */
export function parseListing (xml: string): Listing {
  if (!/<ListBucketResult[\s>]/.test(xml)) throw new Error('the answer is no list of objects')
  const objects = [...xml.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, entry]) => ({ key: textOf('Key', entry!) ?? '', modified: new Date(textOf('LastModified', entry!) ?? NaN) }))
  const truncated = textOf('IsTruncated', xml)?.trim() === 'true'
  return { objects, next: truncated ? textOf('NextContinuationToken', xml) : undefined }
}

function textOf (tag: string, xml: string): string | undefined {
  const text = new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1]
  return text?.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (entity, hex, decimal, name) => {
    if (name) return ENTITIES[name] ?? entity
    return String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal))
  })
}
