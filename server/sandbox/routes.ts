import type { Dialect, SubmissionKind } from './job.ts'
import type { FileKind } from './video-files.ts'

export type Route =
  | { operation: 'create', dialect: Dialect, kind: SubmissionKind, id?: string | undefined, model?: string | undefined }
  | { operation: 'character', dialect: 'openai' }
  | { operation: 'list', dialect: 'openai' | 'ark' }
  | { operation: 'account', dialect: Dialect }
  | { operation: 'poll' | 'result' | 'content' | 'cancel' | 'delete', dialect: Dialect, id: string }
  | { operation: 'file', id: string, kind: FileKind }
  | { operation: 'control', name: string }
  | { operation: 'health' }

/** What a channel's base URL ends with here. */
export const BASE_PATHS: Readonly<Record<Dialect, string>> = { 'sora-relay': '', openai: '/v1', fal: '/fal', runway: '/runway', ark: '/ark/api/v3' }

/** The routes that stand for something at a provider. */
export type ProviderRoute = Exclude<Route, { operation: 'control' | 'health' }>

/** `undefined`: there is no such operation. */
export function matchRoute (method: string, path: string): Route | undefined {
  const [, first, ...rest] = path.split('/')
  if (first === 'sora' && rest[0] === 'v1' && rest[1] === 'videos') return matchSora(method, rest.slice(2).map(decode))
  if (first === 'v1' && rest[0] === 'videos') return matchOpenai(method, rest.slice(1).map(decode))
  if (path === '/v1/models' && method === 'GET') return { operation: 'account', dialect: 'openai' }
  if (first === 'fal') return matchFal(method, rest.map(decode))
  if (first === 'runway' && rest[0] === 'v1') return matchRunway(method, rest.slice(1).map(decode))
  if (path.startsWith('/ark/api/v3/contents/generations/tasks')) return matchArk(method, rest.slice(5).map(decode))
  if (first === 'files' && rest.length === 1 && isRead(method)) return matchFile(rest[0]!)
  if (first === 'control' && rest.length === 1) return { operation: 'control', name: `${method} ${rest[0]}` }
  return first === 'health' && isRead(method) ? { operation: 'health' } : undefined
}

function matchSora (method: string, [id, verb, ...more]: string[]): Route | undefined {
  const dialect = 'sora-relay'
  if (more.length > 0) return undefined
  if (id === undefined) return method === 'POST' ? { operation: 'create', dialect, kind: 'create' } : undefined
  if (verb === 'remix') return method === 'POST' ? { operation: 'create', dialect, kind: 'remix', id } : undefined
  return verb === undefined && id && method === 'GET' ? { operation: 'poll', dialect, id } : undefined
}

function matchOpenai (method: string, parts: string[]): Route | undefined {
  const [id, verb] = parts
  const dialect = 'openai'
  switch (`${method} ${parts.length}${verb ? ` ${verb}` : ''}`) {
    case 'POST 0': return { operation: 'create', dialect, kind: 'create' }
    case 'GET 0': return { operation: 'list', dialect }
    case 'POST 1': return matchOpenaiVerb(id!)
    case 'GET 1': return id ? { operation: 'poll', dialect, id } : undefined
    case 'DELETE 1': return { operation: 'delete', dialect, id: id! }
    case 'GET 2 content':
    case 'HEAD 2 content': return { operation: 'content', dialect, id: id! }
    case 'POST 2 remix': return { operation: 'create', dialect, kind: 'remix', id }
    case 'POST 2 cancel': return { operation: 'cancel', dialect, id: id! }
    default: return undefined
  }
}

function matchOpenaiVerb (verb: string): Route | undefined {
  if (verb === 'characters') return { operation: 'character', dialect: 'openai' }
  if (verb === 'edits') return { operation: 'create', dialect: 'openai', kind: 'edit' }
  return verb === 'extensions' ? { operation: 'create', dialect: 'openai', kind: 'extend' } : undefined
}

/** A request's addresses name the first two parts of its model only. */
function matchFal (method: string, parts: string[]): Route | undefined {
  const dialect = 'fal'
  const [,, requests, id, verb] = parts
  if (requests !== 'requests') return method === 'POST' && parts.length > 1 ? { operation: 'create', dialect, kind: kindOfEndpoint(parts.at(-1)!), model: parts.join('/') } : undefined
  if (!id || parts.length > 5) return undefined
  switch (`${method} ${verb ?? ''}`) {
    case 'GET status': return { operation: 'poll', dialect, id }
    case 'GET ': return { operation: 'result', dialect, id }
    case 'PUT cancel': return { operation: 'cancel', dialect, id }
    default: return undefined
  }
}

function matchRunway (method: string, [noun, id, ...more]: string[]): Route | undefined {
  const dialect = 'runway'
  if (method === 'POST' && id === undefined && /^(text|image|video)_to_video$/.test(noun!)) return { operation: 'create', dialect, kind: noun === 'video_to_video' ? 'edit' : 'create' }
  if (method === 'GET' && noun === 'organization' && id === undefined) return { operation: 'account', dialect }
  if (noun !== 'tasks' || !id || more.length > 0) return undefined
  return method === 'GET' ? { operation: 'poll', dialect, id } : method === 'DELETE' ? { operation: 'cancel', dialect, id } : undefined
}

function matchArk (method: string, [id, ...more]: string[]): Route | undefined {
  const dialect = 'ark'
  if (more.length > 0) return undefined
  if (id === undefined) return method === 'POST' ? { operation: 'create', dialect, kind: 'create' } : method === 'GET' ? { operation: 'list', dialect } : undefined
  return method === 'GET' ? { operation: 'poll', dialect, id } : method === 'DELETE' ? { operation: 'cancel', dialect, id } : undefined
}

function kindOfEndpoint (name: string): SubmissionKind {
  if (name.startsWith('edit')) return 'edit'
  return name.startsWith('extend') ? 'extend' : 'create'
}

function matchFile (name: string): Route | undefined {
  const [, id, extension] = /^(.+)\.(mp4|webp)$/.exec(decode(name)) ?? []
  return id ? { operation: 'file', id, kind: extension === 'mp4' ? 'video' : 'thumbnail' } : undefined
}

function isRead (method: string): boolean {
  return method === 'GET' || method === 'HEAD'
}

function decode (part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
