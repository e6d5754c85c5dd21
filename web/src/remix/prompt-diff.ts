export interface Part { text: string, kind: 'same' | 'added' | 'removed' }

/** Beyond this many words the table of a comparison is not worth its memory: old and new are shown whole. */
const MAX_WORDS = 1_200

/** What changed between two prompts, word by word; Chinese has no spaces, so there a character is a word. */
export function diffPrompts (before: string, after: string): Part[] {
  const [a, b] = [wordsOf(before), wordsOf(after)]
  if (a.length > MAX_WORDS || b.length > MAX_WORDS) return [{ text: before, kind: 'removed' }, { text: after, kind: 'added' }]
  return gather(merge(walk(a, b, commonLengths(a, b))))
}

function wordsOf (text: string): string[] {
  return text.match(/\p{Script=Han}|[^\s\p{Script=Han}]+|\s+/gu) ?? []
}

/** How long the longest common part of the rests from i and j is. */
function commonLengths (a: string[], b: string[]): Uint16Array[] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) lengths[i]![j] = a[i] === b[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!)
  }
  return lengths
}

function * walk (a: string[], b: string[], lengths: Uint16Array[]): Generator<Part> {
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      yield { text: a[i++]!, kind: 'same' }
      j++
    } else if (j < b.length && (i === a.length || lengths[i]![j + 1]! > lengths[i + 1]![j]!)) yield { text: b[j++]!, kind: 'added' }
    else yield { text: a[i++]!, kind: 'removed' }
  }
}

function merge (parts: Iterable<Part>): Part[] {
  const merged: Part[] = []
  for (const part of parts) {
    const last = merged.at(-1)
    if (last?.kind === part.kind) last.text += part.text
    else merged.push({ ...part })
  }
  return merged
}

/** Changed words with nothing but spaces between them read as one change: all that went, then all that came. */
function gather (parts: Part[]): Part[] {
  const gathered: Part[] = []
  let [removed, added] = ['', '']
  const flush = () => {
    const tail = sharedSpaces(removed, added)
    const cut = (text: string) => text.slice(0, text.length - tail.length)
    gathered.push({ text: cut(removed), kind: 'removed' }, { text: cut(added), kind: 'added' }, { text: tail, kind: 'same' })
    removed = added = ''
  }
  parts.forEach(({ text, kind }, index) => {
    const between = kind === 'same' && text.trim() === '' && index > 0 && index < parts.length - 1
    if (kind === 'same' && !between) {
      flush()
      gathered.push({ text, kind })
      return
    }
    if (kind !== 'added') removed += text
    if (kind !== 'removed') added += text
  })
  flush()
  return merge(gathered.filter(({ text }) => text !== ''))
}

/** Spaces that end both did not change. */
function sharedSpaces (a: string, b: string): string {
  const [inA, inB] = [a, b].map(text => /\s*$/.exec(text)![0])
  return inA === inB ? inA! : ''
}

/** So much of what stayed is shown before the first change, where there is little room. */
const CONTEXT = 14

/** Begins near the first change: of a long prompt with a new end that end is seen. */
export function nearChange (parts: Part[]): Part[] {
  const [first, ...rest] = parts
  if (first?.kind !== 'same' || rest.length === 0 || first.text.length <= CONTEXT + 4) return parts
  return [{ kind: 'same', text: `… ${first.text.slice(-CONTEXT).replace(/^\S+\s+(?=\S)/, '')}` }, ...rest]
}
