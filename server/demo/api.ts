import { DemoError } from './demo-error.ts'
import { readEvents, type ServerEvent } from './event-stream.ts'

/** What a server answered. Nothing of its shape is taken for granted: that is what the demo looks at. */
export type Json = Record<string, any>

export interface Answer { status: number, body: Json }

/** The server under test, seen from outside. */
export interface Api {
  url: string
  request: (method: 'GET' | 'POST', path: string, body?: Json) => Promise<Answer>
  /** The `data` of an answer. Throws DemoError for anything but a success. */
  data: (method: 'GET' | 'POST', path: string, body?: Json) => Promise<Json>
  /** Bytes by an address that was handed out, asked for without a credential. */
  open: (address: string, headers?: Record<string, string>) => Promise<Response>
  events: (path: string) => AsyncGenerator<ServerEvent>
  as: (token: string) => Api
}

export function connect (url: string, signal: AbortSignal, token?: string): Api {
  const headers = {
    // The report's sentences are Chinese.
    'accept-language': 'zh-CN',
    ...token !== undefined && { authorization: `Bearer ${token}` }
  }

  const request: Api['request'] = async (method, path, body) => {
    const response = await reach(new URL(path, url), {
      method,
      signal,
      headers: { ...headers, ...body && { 'content-type': 'application/json' } },
      body: body && JSON.stringify(body)
    })
    return { status: response.status, body: await readJson(response, `${method} ${path}`) }
  }

  return {
    url,
    request,
    async data (method, path, body) {
      const answer = await request(method, path, body)
      if (answer.status >= 200 && answer.status < 300 && isObject(answer.body.data)) return answer.body.data
      const { code = '', error = JSON.stringify(answer.body), hint = '' } = answer.body
      throw new DemoError(`${method} ${path} answered ${answer.status} ${code}: ${error} ${hint}`)
    },
    open: (address, headers) => reach(new URL(address, url), { headers, signal }),
    events: path => readEvents(new URL(path, url), headers, signal),
    as: token => connect(url, signal, token)
  }
}

async function reach (url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (error) {
    if (init.signal?.aborted) throw init.signal.reason
    throw new DemoError(`${url.origin} cannot be reached`, { cause: error })
  }
}

async function readJson (response: Response, what: string): Promise<Json> {
  const text = await response.text()
  try {
    const body: unknown = JSON.parse(text)
    if (isObject(body)) return body
  } catch {
    // Told below.
  }
  throw new DemoError(`${what} answered ${response.status} with something that is no JSON object: ${text.slice(0, 80)}`)
}

function isObject (value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
