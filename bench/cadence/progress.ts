import { normal } from './run-times.ts'

/** The progress an upstream reports for one task: from the share of its run time that has passed, 0–1, to 0–99. */
export type Progress = (share: number) => number

/** Kinds of progress as upstreams show them; each task bends its curve a little its own way. */
export const PROGRESS: Readonly<Record<string, (random: () => number) => Progress>> = {
  /** Near a straight line, with a reading error of 2 points. */
  noisy: random => {
    const bend = 0.9 + 0.2 * random()
    return share => percent(100 * share ** bend + 2 * normal(random))
  },
  /** A queue first, and the last tenth of the time near 98 %, as the owner's report saw it. */
  'non-linear': random => {
    const bend = 0.9 + 0.2 * random()
    return share => percent(interpolate(Math.max(share - 0.05, 0) / 0.95 * bend ** (share < 1 ? 1 - share : 0)))
  },
  /** Tenths only. */
  stepped: random => {
    const bend = 0.9 + 0.2 * random()
    return share => percent(Math.floor(10 * share ** bend) * 10)
  },
  /** Moves for a third of the time in jerks: stands still, then makes up for it. */
  stalling: random => {
    const phase = random()
    return share => percent(100 * (share + Math.sin(2 * Math.PI * (5 * share + phase)) / (10 * Math.PI) - Math.sin(2 * Math.PI * phase) / (10 * Math.PI)))
  }
}

const CURVE = [[0, 0], [0.09, 9], [0.32, 36], [0.91, 98], [1, 100]] as const

function interpolate (x: number): number {
  const end = CURVE.findIndex(([share]) => x <= share)
  if (end <= 0) return end === 0 ? 0 : 100
  const [x0, y0] = CURVE[end - 1]!
  const [x1, y1] = CURVE[end]!
  return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
}

function percent (value: number): number {
  return Math.min(99, Math.max(0, Math.floor(value)))
}
