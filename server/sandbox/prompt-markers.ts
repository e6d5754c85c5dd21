import { OPERATIONS, parseBehaviour, parseBehaviourText, type Behaviour } from './behaviour.ts'

/** `[[fail]]` in a prompt: the words for what is wanted most often. Any other `[[word]]` is plain text. */
export const PRESETS: Readonly<Record<string, Behaviour>> = {
  fail: { failAt: 40, error: { code: 'generation_failed', message: 'The video could not be generated.' } },
  moderated: { failAt: 9, error: { code: 'moderation_blocked', message: 'The output was blocked by our moderation system.' } },
  refuse: { create: { answer: 400, code: 'invalid_prompt', message: 'The prompt was refused.' } },
  never: { outcome: 'never' },
  'no-url': { outcome: 'no-url' },
  hang: { create: { answer: 'hang' } },
  'drop-before-accept': { create: { answer: 'drop', times: 1 } },
  'drop-after-accept': { create: { answer: 'drop', accepted: true, times: 1 } }
}

const ALIASES: Readonly<Record<string, string>> = { fail: 'failAt', duration: 'durationMs', status: 'words.running', error: 'error.message' }

// A JSON behaviour may hold ]] itself (an array in an array), so it ends at }]].
const MARKER = /\[\[(?:sandbox:\s*(?:(\{[\s\S]*?\})|([^\]{]*))|([a-z-]+))\]\]/g

/**
 * What a prompt asks of the sandbox: `[[fail]]`, `[[sandbox: duration=500, poll=503, poll.times=3]]` or `[[sandbox:{"failAt":50}]]`.
 * Throws BehaviourError for a sandbox marker that says nothing known.
 */
export function behaviourOfPrompt (prompt: string): Behaviour {
  // Nearly every prompt has no marker, and may be 32,000 characters long.
  if (!prompt.includes('[[')) return {}
  const parts = [...prompt.matchAll(MARKER)].map(([, json, pairs, word]) => {
    if (json) return parseBehaviourText(json)
    if (pairs !== undefined) return parseBehaviour(parsePairs(pairs))
    return Object.hasOwn(PRESETS, word!) ? PRESETS[word!] : {}
  })
  return Object.assign({}, ...parts)
}

function parsePairs (text: string): Record<string, unknown> {
  const behaviour = emptyRecord()
  for (const pair of text.split(',').filter(part => part.trim())) {
    const [key, value = 'true'] = pair.split(/=(.*)/s).map(part => part.trim())
    setPath(behaviour, pathOf(key!), parseScalar(value))
  }
  return behaviour
}

/** `poll=503` means `poll.answer=503`. */
function pathOf (key: string): string[] {
  if ((OPERATIONS as readonly string[]).includes(key)) return [key, 'answer']
  return (Object.hasOwn(ALIASES, key) ? ALIASES[key]! : key).split('.')
}

function setPath (target: Record<string, unknown>, path: string[], value: unknown): void {
  const [head, ...rest] = path as [string, ...string[]]
  if (rest.length === 0) {
    target[head] = value
    return
  }
  const inner = target[head]
  const next = typeof inner === 'object' && inner !== null ? inner as Record<string, unknown> : emptyRecord()
  target[head] = next
  setPath(next, rest, value)
}

/** Without a prototype, `__proto__` is a key like any other, and refused as unknown. */
function emptyRecord (): Record<string, unknown> {
  return Object.create(null)
}

function parseScalar (text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}
