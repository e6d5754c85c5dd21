export type Random = ReturnType<typeof createRandom>

/** The same numbers for the same seed (mulberry32), so that a failing run can be asked for again. */
export function createRandom (seed: number) {
  let state = seed >>> 0

  /** In [0, 1). */
  function next (): number {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  return {
    between: (low: number, high: number) => Math.floor(low + next() * (high - low + 1)),
    chance: (share: number) => next() < share,
    pick: <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!,
    /** A source of its own for an actor that runs beside others: their order changes nothing for it. */
    fork: () => createRandom(next() * 2 ** 32)
  }
}
