import { setTimeout as sleep } from 'node:timers/promises'
import { DemoError } from './demo-error.ts'

/** The JSON of one `data:` of a stream. */
export interface ServerEvent { type: string, payload?: Record<string, any> }

interface Message { id?: string, retry?: number, data?: string }

const FIRST_RETRY_MS = 1_000
/** A server that is restarted is back by then. */
const GIVE_UP_MS = 60_000

/** The events of a stream, without end: a connection that is lost is made anew where the last one ended. Throws DemoError when it is refused, or not to be had again. */
export async function * readEvents (url: URL, headers: Record<string, string>, signal: AbortSignal): AsyncGenerator<ServerEvent> {
  let lastEventId: string | undefined
  let retryMs = FIRST_RETRY_MS
  let heardAt = performance.now()
  while (performance.now() - heardAt < GIVE_UP_MS) {
    for await (const { id, retry, data } of readConnection(url, { ...headers, ...lastEventId !== undefined && { 'last-event-id': lastEventId } }, signal)) {
      heardAt = performance.now()
      lastEventId = id ?? lastEventId
      retryMs = retry ?? retryMs
      if (data !== undefined) yield JSON.parse(data)
    }
    await sleep(retryMs, undefined, { signal }).catch(() => { throw signal.reason })
  }
  throw new DemoError(`The stream at ${url.pathname} was lost, and the server does not come back`)
}

/** Ends when the connection does. */
async function * readConnection (url: URL, headers: Record<string, string>, signal: AbortSignal): AsyncGenerator<Message> {
  // Its own signal, so that a reader who has seen enough closes the connection by leaving.
  const left = new AbortController()
  try {
    const response = await fetch(url, { headers: { ...headers, accept: 'text/event-stream' }, signal: AbortSignal.any([signal, left.signal]) })
    if (response.status !== 200) throw new DemoError(`GET ${url.pathname} answered ${response.status}: ${(await response.text()).slice(0, 200)}`)
    yield * parseMessages(response.body!.pipeThrough(new TextDecoderStream()))
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (error instanceof DemoError || error instanceof SyntaxError) throw error
    // Lost: the caller comes back.
  } finally {
    left.abort()
  }
}

/** Splits the text of a stream into its messages (the HTML standard's event stream). */
export async function * parseMessages (chunks: AsyncIterable<string>): AsyncGenerator<Message> {
  let text = ''
  for await (const chunk of chunks) {
    text += chunk
    // A CR at the end may be half of a CRLF.
    const blocks = text.replace(/\r\n|\r(?!$)/g, '\n').split('\n\n')
    text = blocks.pop()!
    yield * blocks.map(parseMessage)
  }
}

function parseMessage (block: string): Message {
  const fields = block.split('\n').map(line => /^(\w+):? ?(.*)$/.exec(line)?.slice(1) ?? []) as Array<[name?: string, value?: string]>
  const values = (name: string) => fields.flatMap(field => field[0] === name ? [field[1]!] : [])
  const data = values('data')
  const retry = values('retry').at(-1)
  return {
    id: values('id').at(-1),
    retry: retry === undefined ? undefined : Number(retry),
    data: data.length > 0 ? data.join('\n') : undefined
  }
}
