import { firstPollDelay, nextPollDelay } from '../../server/cadence/cadence.ts'
import { countRuns, createProfile, type ReportedProgress, type RunCount, type RunTime, type RunTimeProfile } from '../../server/cadence/run-time-histogram.ts'
import { KEPT_RUNS } from '../../server/cadence/run-time-profiles.ts'
import type { Progress } from './progress.ts'
import { drawRunTime, type RunTimes } from './run-times.ts'

/** The defaults of server/config.ts. */
export const BOUNDS = { POLL_MIN_MS: 2_000, POLL_MAX_MS: 30_000 }

/** Decides when to look next, given what the last look showed; learns from how a task ended. */
export interface Cadence {
  wait (elapsedMs: number, progress: ReportedProgress | undefined): number
  ended? (run: RunTime): void
}

export const fixed = (ms: number): Cadence => ({ wait: () => ms })

/** Doubles from 2 s to 60 s. */
export const exponential = (): Cadence => ({ wait: elapsedMs => Math.min(Math.max(2_000, elapsedMs), 60_000) })

/** Ours as it runs in production: it starts knowing nothing, and learns only from what its own polls saw. */
export function learned (random: () => number, bounds = BOUNDS): Cadence {
  let known = countRuns([])
  let profile: RunTimeProfile | undefined
  let ended = 0
  return {
    wait (elapsedMs, progress) {
      if (elapsedMs === 0) return firstPollDelay(bounds, { profile, random })
      return nextPollDelay(bounds, { elapsedMs, progress, profile, failures: 0, minPollMs: 0 }, random)
    },
    ended (run) {
      known = merge(known, countRuns([run]), 0.5 ** (1 / KEPT_RUNS))
      // Profiles are read again every 30 s: a few tasks late.
      if (++ended % 10 === 0) profile = createProfile(known)
    }
  }
}

/** What run-time-profiles.ts does in SQL. */
function merge (old: RunCount, added: RunCount, kept: number): RunCount {
  return {
    bins: old.bins.map((weight, i) => weight * kept + added.bins[i]!),
    foretold: old.foretold * kept + added.foretold,
    overrun: old.overrun * kept + added.overrun
  }
}

export interface Replayed { polls: number, meanMs: number, p95Ms: number }

interface Replay { runTimes: RunTimes, progress?: (random: () => number) => Progress, tasks: number, learning: number, random: () => number }

/** Runs tasks through a cadence, one after the other. The first `learning` tasks do not count. */
export function replay (cadence: Cadence, { runTimes, progress, tasks, learning, random }: Replay): Replayed {
  const delays: number[] = []
  let polls = 0
  for (let n = 0; n < learning + tasks; n++) {
    const task = follow(cadence, drawRunTime(runTimes, random), progress?.(random))
    if (n < learning) continue
    delays.push(task.delayMs)
    polls += task.polls
  }
  delays.sort((a, b) => a - b)
  return { polls: polls / tasks, meanMs: delays.reduce((sum, ms) => sum + ms, 0) / tasks, p95Ms: delays[Math.floor(tasks * 0.95)]! }
}

function follow (cadence: Cadence, runMs: number, progressAt?: Progress): { polls: number, delayMs: number } {
  let [now, last, polls] = [0, 0, 0]
  let progress: ReportedProgress | undefined
  while (now < runMs) {
    last = now
    now += cadence.wait(now, progress)
    polls++
    if (!progressAt || now >= runMs) continue
    const value = progressAt(now / runMs)
    if (!progress || value > progress.value) progress = { value, atMs: now }
  }
  cadence.ended?.({ afterMs: last, untilMs: now, progress })
  return { polls, delayMs: now - runMs }
}
