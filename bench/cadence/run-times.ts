/** A seeded source of numbers in [0, 1): mulberry32. */
export function createRandom (seed: number): () => number {
  return () => {
    seed = (seed + 0x6D2B79F5) | 0
    let mixed = Math.imul(seed ^ seed >>> 15, 1 | seed)
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32
  }
}

export function normal (random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** One log-normal part of a distribution: the median in milliseconds, the spread as the standard deviation of the logarithm. */
interface Part { weight: number, medianMs: number, spread: number }

export type RunTimes = readonly Part[]

/** 170 s is what the owner's report saw. */
export const RUN_TIMES: Readonly<Record<string, RunTimes>> = {
  'log-normal 0.15': [{ weight: 1, medianMs: 170_000, spread: 0.15 }],
  'log-normal 0.35': [{ weight: 1, medianMs: 170_000, spread: 0.35 }],
  bimodal: [{ weight: 0.6, medianMs: 90_000, spread: 0.12 }, { weight: 0.4, medianMs: 240_000, spread: 0.12 }],
  'with stragglers': [{ weight: 0.95, medianMs: 170_000, spread: 0.15 }, { weight: 0.05, medianMs: 510_000, spread: 0.3 }],
  'bimodal, stragglers': [{ weight: 0.6, medianMs: 90_000, spread: 0.15 }, { weight: 0.35, medianMs: 210_000, spread: 0.15 }, { weight: 0.05, medianMs: 600_000, spread: 0.3 }]
}

export function drawRunTime (runTimes: RunTimes, random: () => number): number {
  let place = random()
  const part = runTimes.find(({ weight }) => (place -= weight) < 0) ?? runTimes[0]!
  return part.medianMs * Math.exp(part.spread * normal(random))
}

/** ½(∫√(f·S) dt)²: the least product of mean polls and mean delay that any placement reaches which knows the distribution and nothing of the task. In ms. */
export function bestProduct (runTimes: RunTimes): number {
  const stepMs = 250
  let [survival, integral] = [1, 0]
  for (let t = stepMs / 2; t < 4_000_000; t += stepMs) {
    const ended = density(runTimes, t) * stepMs
    integral += Math.sqrt(ended / stepMs * Math.max(survival - ended / 2, 0)) * stepMs
    survival -= ended
  }
  return integral ** 2 / 2
}

function density (runTimes: RunTimes, t: number): number {
  return runTimes.reduce((sum, { weight, medianMs, spread }) =>
    sum + weight * Math.exp(-(Math.log(t / medianMs) ** 2) / (2 * spread ** 2)) / (t * spread * Math.sqrt(2 * Math.PI)), 0)
}
