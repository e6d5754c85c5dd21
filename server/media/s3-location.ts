/** Where a bucket is and how to ask for it. */
export interface S3Location {
  bucket: string
  /** The bucket's own address, with a slash at its end. */
  baseUrl: string
  /** '' or with a slash at its end. */
  prefix: string
  region: string
}

export interface S3Keys { accessKeyId: string, secretAccessKey: string }

const PARAMETERS = new Set(['endpoint', 'region', 'pathStyle'])

/** Reads `s3://bucket/prefix?endpoint=…&region=…&pathStyle=…`. Throws what is wrong with it, without quoting it. */
export function parseS3Location (address: string): S3Location {
  const url = URL.parse(address)
  if (url?.protocol !== 's3:') throw new Error('must look like s3://bucket/prefix?region=eu-central-1, or s3://bucket?endpoint=https://storage.example.com')
  if (url.username || url.password) throw new Error('must hold no keys: they belong in MEDIA_ACCESS_KEY_ID and MEDIA_SECRET_ACCESS_KEY')
  checkParameters(url.searchParams)
  const region = url.searchParams.get('region') ?? 'us-east-1'
  return { bucket: checkBucket(url.host), baseUrl: bucketUrl(url, region), prefix: readPrefix(url.pathname), region: checkRegion(region) }
}

function checkParameters (parameters: URLSearchParams): void {
  const names = [...parameters.keys()]
  const unknown = names.find(name => !PARAMETERS.has(name))
  if (unknown !== undefined) throw new Error(`may have the parameters ${[...PARAMETERS].join(', ')} and no other`)
  if (new Set(names).size < names.length) throw new Error('has a parameter twice')
}

function checkBucket (name: string): string {
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name)) throw new Error('must name a bucket: 3 to 63 lower-case letters, digits, dots and hyphens')
  return name
}

function checkRegion (name: string): string {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(name)) throw new Error('has a region that is none')
  return name
}

/** What needs no escaping in a path, a signature or XML. */
function readPrefix (path: string): string {
  const parts = path.split('/').filter(part => part !== '')
  if (!parts.every(part => /^[A-Za-z0-9._-]{1,100}$/.test(part))) throw new Error('must have a prefix of letters, digits, dots, hyphens, underscores and slashes')
  return parts.map(part => `${part}/`).join('')
}

/** AWS wants the bucket in the host name; most others take it in the path, and some only there. */
function bucketUrl ({ host: bucket, searchParams }: URL, region: string): string {
  const given = searchParams.get('endpoint')
  const endpoint = parseEndpoint(given ?? `https://s3.${region}.amazonaws.com`)
  const inPath = readFlag(searchParams.get('pathStyle')) ?? given !== null
  const path = endpoint.pathname.replace(/\/*$/, '/')
  return inPath ? `${endpoint.origin}${path}${bucket}/` : `${endpoint.protocol}//${bucket}.${endpoint.host}${path}`
}

function parseEndpoint (address: string): URL {
  const url = URL.parse(address)
  if (!url || !/^https?:$/.test(url.protocol)) throw new Error('must have an endpoint that begins with https:// or http://')
  if (url.username || url.password || url.search || url.hash) throw new Error('must have an endpoint without user name, query and fragment')
  return url
}

function readFlag (value: string | null): boolean | undefined {
  if (value === null) return undefined
  if (value !== 'true' && value !== 'false') throw new Error('must have pathStyle=true or pathStyle=false')
  return value === 'true'
}
