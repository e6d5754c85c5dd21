import { PROGRESS } from './cadence/progress.ts'
import { exponential, fixed, learned, replay, type Cadence, type Replayed } from './cadence/replay.ts'
import { bestProduct, createRandom, RUN_TIMES, type RunTimes } from './cadence/run-times.ts'

const SEED = 42
const TASKS = 20_000
const LEARNING = 1_000

/** Polls a task against how long after its end a task is detected, over simulated run times. Deterministic. */
export async function run (): Promise<void> {
  console.log('Without reported progress; best: ½(∫√(f·S) dt)², the least product of polls and mean delay')
  heading('of best')
  for (const [name, runTimes] of Object.entries(RUN_TIMES)) {
    const best = bestProduct(runTimes)
    compare(name, runTimes, undefined, ({ polls, meanMs }) => `${(100 * best / (polls * meanMs)).toFixed(0)} %`)
  }

  console.log('\nWith reported progress; sooner: the mean delay of fixed 15 s as a multiple of this one')
  heading('sooner')
  for (const [kind, progress] of Object.entries(PROGRESS)) {
    for (const name of ['log-normal 0.15', 'log-normal 0.35', 'bimodal, stragglers']) {
      compare(`${kind}; ${name}`, RUN_TIMES[name]!, progress, ({ meanMs }, fifteen) => `${(fifteen.meanMs / meanMs).toFixed(1)}×`)
    }
  }
}

function compare (name: string, runTimes: RunTimes, progress: (typeof PROGRESS)[string] | undefined, verdict: (measured: Replayed, fifteen: Replayed) => string): void {
  const measure = (cadence: Cadence) => replay(cadence, { runTimes, progress, tasks: TASKS, learning: LEARNING, random: createRandom(SEED) })
  const fifteen = measure(fixed(15_000))
  const rows = { 'fixed 5 s': measure(fixed(5_000)), 'fixed 15 s': fifteen, exponential: measure(exponential()), ours: measure(learned(createRandom(SEED + 1))) }
  for (const [cadence, measured] of Object.entries(rows)) {
    console.log(`  ${name.padEnd(32)}${cadence.padEnd(12)}${measured.polls.toFixed(1).padStart(7)}${seconds(measured.meanMs)}${seconds(measured.p95Ms)}${verdict(measured, fifteen).padStart(9)}`)
  }
}

function heading (last: string): void {
  console.log(`  ${''.padEnd(44)}  polls     mean      p95${last.padStart(9)}`)
}

function seconds (ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`.padStart(9)
}
