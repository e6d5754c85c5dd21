/** Bin edges in milliseconds: 0, then twelve bins an octave from 1 s to 2^12 s. What takes longer counts into the last bin. */
export const EDGES: readonly number[] = [0, ...Array.from({ length: 145 }, (_, i) => 1000 * 2 ** (i / 12))]
const BINS = EDGES.length - 1
const END = EDGES[BINS]!

/** Fewer runs than this are no profile. */
const MIN_RUNS = 10
/** The owner's report polled every 15 s; a profile spends as many polls on a task, in better places … */
const PACE_MS = 15_000
/** … but on short tasks at least so many. */
const MIN_LOOKS = 5
/** Weight of a run longer than any seen, in runs. */
const UNSEEN = 0.5

/** Progress that led to within this share of the run time foretold the end. */
const FORETOLD_WITHIN = 0.25
/** Progress below this extrapolates to anything. */
const MIN_PROGRESS = 2

/** The highest progress the upstream reported, 0–100, and when it was first seen. All times count from the upstream's acceptance. */
export interface ReportedProgress { value: number, atMs: number }

/** A run that ended somewhere in (afterMs, untilMs]: the last two looks at it. */
export interface RunTime { afterMs: number, untilMs: number, progress?: ReportedProgress }

/** What a profile is made of; runs are counted by weight, since old ones fade. */
export interface RunCount {
  bins: readonly number[]
  /** Runs whose reported progress, drawn out in a straight line, led about to their end. */
  foretold: number
  /** Their run time as a multiple of what the progress said, summed up. */
  overrun: number
}

/**
 * What past run times say about the next one, as two curves over EDGES, both rising and straight between edges.
 *
 * With f the density and S the survival of the run time, looks made with intensity λ cost ∫λS polls a task and
 * detect its end ∫f/2λ late. The product is least, ½(∫√(fS))², where λ ∝ √(f/S): the square root of the hazard.
 */
export interface RunTimeProfile {
  /** −ln S: the chance to end, summed up. */
  risk: readonly number[]
  /** ∫λ: how many looks a task is worth until then. */
  looks: readonly number[]
  /** Beyond this less than half a run is known. */
  endMs: number
  /** How far apart the looks would be at even distances. */
  paceMs: number
  /** Set when reported progress foretold the end of most runs: by how much their ends came later than it said, as a factor. */
  overrun?: number
}

/** Counts runs. The weight of one is spread over the time in which it may have ended, or rare looks would confirm themselves. */
export function countRuns (runs: readonly RunTime[]): RunCount {
  const bins = new Array<number>(BINS).fill(0)
  for (const run of runs) spread(bins, run)
  const overruns = runs.map(overrunOf).filter(overrun => Math.abs(overrun - 1) < FORETOLD_WITHIN)
  return { bins, foretold: overruns.length, overrun: sum(overruns) }
}

function spread (bins: number[], { afterMs, untilMs }: RunTime): void {
  const until = Math.min(Math.max(untilMs, 1), END)
  const after = Math.max(0, Math.min(afterMs, until - 1))
  for (let i = 0; i < BINS; i++) {
    const shared = Math.min(until, EDGES[i + 1]!) - Math.max(after, EDGES[i]!)
    if (shared > 0) bins[i]! += shared / (until - after)
  }
}

function overrunOf ({ afterMs, untilMs, progress }: RunTime): number {
  return tells(progress) ? (afterMs + untilMs) / 2 / straightEndMs(progress) : Infinity
}

/** Whether there is anything to extrapolate. */
export function tells (progress: ReportedProgress | undefined): progress is ReportedProgress {
  return progress !== undefined && progress.value >= MIN_PROGRESS
}

/** When the progress would reach 100 at the pace it had. */
export function straightEndMs ({ value, atMs }: ReportedProgress): number {
  return atMs * 100 / value
}

/** Undefined while too few runs are known. */
export function createProfile ({ bins, foretold, overrun }: RunCount): RunTimeProfile | undefined {
  const runs = sum(bins)
  if (runs < MIN_RUNS) return undefined
  const counts = smoothed(bins)
  const survival = runningSum(counts).map(ended => (runs - ended + UNSEEN) / (runs + UNSEEN))
  const risk = survival.map(share => -Math.log(share))
  const rootHazards = counts.map((_, i) => Math.sqrt((risk[i + 1]! - risk[i]!) / width(i)))
  // What ∫√(fS) comes to: looks at intensity √hazard would cost that much a task.
  const cost = sum(rootHazards.map((root, i) => root * width(i) * (survival[i]! + survival[i + 1]!) / 2))
  const meanMs = sum(counts.map((count, i) => count / runs * (EDGES[i]! + width(i) / 2)))
  const budget = Math.max(meanMs / PACE_MS, MIN_LOOKS)
  return {
    risk,
    looks: runningSum(rootHazards.map((root, i) => root * width(i) * budget / cost)),
    endMs: EDGES[survival.findIndex(share => share * (runs + UNSEEN) < 2 * UNSEEN)]!,
    paceMs: meanMs / budget,
    overrun: foretold > runs / 2 ? overrun / foretold : undefined
  }
}

/** Evens out what is chance in a few hundred runs. */
function smoothed (bins: readonly number[]): number[] {
  return bins.map((count, i) => ((bins[i - 1] ?? count) + 2 * count + (bins[i + 1] ?? count)) / 4)
}

function width (bin: number): number {
  return EDGES[bin + 1]! - EDGES[bin]!
}

function runningSum (values: readonly number[]): number[] {
  let total = 0
  return [0, ...values.map(value => { total += value; return total })]
}

function sum (values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
