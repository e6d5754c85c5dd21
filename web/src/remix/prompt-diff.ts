export interface Part { text: string, kind: 'same' | 'added' | 'removed' }

/** Beyond this many changes nobody reads them one by one: old and new are shown whole. */
const MAX_CHANGES = 1_000

/** What changed between two prompts, word by word; Chinese has no spaces, so there a character is a word. */
export function diffPrompts (before: string, after: string): Part[] {
  const [a, b] = [wordsOf(before), wordsOf(after)]
  const rounds = explore(a, b)
  return rounds ? gather(merge(walkBack(a, b, rounds))) : [{ text: before, kind: 'removed' }, { text: after, kind: 'added' }]
}

function wordsOf (text: string): string[] {
  return text.match(/\p{Script=Han}|[^\s\p{Script=Han}]+|\s+/gu) ?? []
}

/**
 * How many words of `a` the fewest changes use up, by the diagonal: words of `a` less words of `b` (Myers, 1986). A round
 * for each change more, as it found things; undefined where they are too many. A long prompt with a few new words costs little.
 */
function explore (a: string[], b: string[]): Int32Array[] | undefined {
  const middle = MAX_CHANGES + 1
  const used = new Int32Array(2 * middle + 1)
  const rounds: Int32Array[] = []
  for (let changes = 0; changes <= MAX_CHANGES; changes++) {
    const round = used.slice(middle - changes - 1, middle + changes + 2)
    rounds.push(round)
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      let i = isAdded(round, diagonal, changes) ? used[middle + diagonal + 1]! : used[middle + diagonal - 1]! + 1
      while (i < a.length && i - diagonal < b.length && a[i] === b[i - diagonal]) i++
      used[middle + diagonal] = i
      if (i >= a.length && i - diagonal >= b.length) return rounds
    }
  }
}

/** Whether the last of so many changes added a word of `b` rather than removed one of `a`. */
function isAdded (round: Int32Array, diagonal: number, changes: number): boolean {
  const at = diagonal + changes + 1
  return diagonal === -changes || (diagonal !== changes && round[at - 1]! < round[at + 1]!)
}

/** The way that led to the end, from its start. */
function walkBack (a: string[], b: string[], rounds: Int32Array[]): Part[] {
  const parts: Part[] = []
  let [i, j] = [a.length, b.length]
  for (let changes = rounds.length - 1; changes >= 0; changes--) {
    const round = rounds[changes]!
    const added = isAdded(round, i - j, changes)
    const at = i - j + changes + 1
    const from = changes === 0 ? 0 : added ? round[at + 1]! : round[at - 1]! + 1
    for (; i > from; j--) parts.push({ text: a[--i]!, kind: 'same' })
    if (changes > 0) parts.push(added ? { text: b[--j]!, kind: 'added' } : { text: a[--i]!, kind: 'removed' })
  }
  return parts.reverse()
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
/** And so much beside every change, where there is some. */
const WIDE_CONTEXT = 80

/** Begins near the first change: of a long prompt with a new end that end is seen. */
export function nearChange (parts: Part[]): Part[] {
  const [first, ...rest] = parts
  if (first?.kind !== 'same' || rest.length === 0 || first.text.length <= CONTEXT + 4) return parts
  return [{ kind: 'same', text: `… ${first.text.slice(-CONTEXT).replace(/^\S+\s+(?=\S)/, '')}` }, ...rest]
}

/** Of what stayed only what stands beside a change: of a long prompt every change is seen at once. */
export function nearChanges (parts: Part[]): Part[] {
  return parts.map(({ text, kind }, index) => kind === 'same' ? { text: shorten(text, index > 0, index < parts.length - 1), kind } : { text, kind })
}

/** Keeps the beginning, which follows a change, and the end, which leads to one. */
function shorten (text: string, keepsStart: boolean, keepsEnd: boolean): string {
  const letters = [...text]
  if (letters.length <= 2 * WIDE_CONTEXT + 4) return text
  const start = keepsStart ? letters.slice(0, WIDE_CONTEXT).join('').replace(/(?<=\S)\s+\S+$/, '') : ''
  const end = keepsEnd ? letters.slice(-WIDE_CONTEXT).join('').replace(/^\S+\s+(?=\S)/, '') : ''
  return `${start}${start && ' '}…${end && ' '}${end}`
}
