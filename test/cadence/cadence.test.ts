import fc from 'fast-check'
import t from 'tap'
import { PROGRESS } from '../../bench/cadence/progress.ts'
import { fixed, learned, replay, type Cadence } from '../../bench/cadence/replay.ts'
import { bestProduct, createRandom, drawRunTime, RUN_TIMES, type RunTimes } from '../../bench/cadence/run-times.ts'
import { firstPollDelay, nextPollDelay, remainingMs, slowPollDelay, type PollMoment } from '../../server/cadence/cadence.ts'
import { countRuns, createProfile, EDGES } from '../../server/cadence/run-time-histogram.ts'

const BOUNDS = { POLL_MIN_MS: 2_000, POLL_MAX_MS: 30_000 }
const MAX_RETRY_AFTER_MS = 600_000

const profileOf = (runMs: readonly number[], { gapMs = 4_000, progress = false } = {}) => createProfile(countRuns(runMs.map(ms =>
  ({ afterMs: ms - gapMs, untilMs: ms, progress: progress ? { value: 50, atMs: ms / 2 } : undefined }))))!

const drawn = (runTimes: RunTimes, count = 300) => {
  const random = createRandom(5)
  return Array.from({ length: count }, () => drawRunTime(runTimes, random))
}

const around170s = profileOf(drawn(RUN_TIMES['log-normal 0.15']!))
const around170sWithProgress = profileOf(drawn(RUN_TIMES['log-normal 0.15']!), { progress: true })

const moment = (known: Partial<PollMoment>): PollMoment => ({ elapsedMs: 0, failures: 0, minPollMs: 0, ...known })
const even = () => 0.5

const anyProfile = fc.record({ runMs: fc.array(fc.double({ min: 0, max: 1e8, noNaN: true }), { minLength: 10, maxLength: 40 }), gapMs: fc.integer({ min: 0, max: 60_000 }), progress: fc.boolean() })
  .map(({ runMs, ...rest }) => profileOf(runMs, rest))

const anyMoment: fc.Arbitrary<PollMoment> = fc.record({
  elapsedMs: fc.double({ min: -1_000, max: 1e9, noNaN: true }),
  progress: fc.option(fc.record({ value: fc.integer({ min: 0, max: 99 }), atMs: fc.double({ min: -1_000, max: 1e9, noNaN: true }) }), { nil: undefined }),
  profile: fc.option(anyProfile, { nil: undefined }),
  failures: fc.nat(2_000),
  pollAfterMs: fc.option(fc.nat(10_000_000), { nil: undefined }),
  minPollMs: fc.nat(60_000)
})
const anyBounds = fc.tuple(fc.integer({ min: 1, max: 60_000 }), fc.integer({ min: 0, max: 600_000 })).map(([min, more]) => ({ POLL_MIN_MS: min, POLL_MAX_MS: min + more }))
const anyChance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

t.test('whatever is known, the wait is within its bounds and at least what the upstream asked for', async t => {
  fc.assert(fc.property(anyBounds, anyMoment, anyChance, (bounds, moment, chance) => {
    const delay = nextPollDelay(bounds, moment, () => chance)
    const asked = Math.min(moment.pollAfterMs ?? 0, MAX_RETRY_AFTER_MS)
    const least = Math.max(bounds.POLL_MIN_MS, moment.minPollMs)
    const mayBeQuiet = moment.profile && !moment.profile.overrun && !moment.progress?.value && moment.failures === 0
    const most = Math.max(bounds.POLL_MAX_MS * (moment.failures > 0 ? 1.1 : 1), 1.1 * least, Math.min(1.1 * asked, MAX_RETRY_AFTER_MS), mayBeQuiet ? EDGES.at(-1)! + 1_000 : 0)
    return Number.isInteger(delay) && delay >= least && delay >= asked && delay <= Math.ceil(most)
  }), { numRuns: 3_000 })
  t.pass()
})

t.test('Retry-After is obeyed, but not beyond 10 minutes', async t => {
  t.ok(nextPollDelay(BOUNDS, moment({ pollAfterMs: 45_000, failures: 1 })) >= 45_000)
  t.equal(nextPollDelay(BOUNDS, moment({ pollAfterMs: 86_400_000 })), MAX_RETRY_AFTER_MS)
  t.equal(firstPollDelay(BOUNDS, { pollAfterMs: 86_400_000 }), MAX_RETRY_AFTER_MS)
  t.equal(firstPollDelay(BOUNDS, { pollAfterMs: 10_000 }), 10_000)
})

t.test('with nothing known the first look comes soon and the next after about 15 s', async t => {
  t.equal(firstPollDelay(BOUNDS), 2_000)
  t.equal(nextPollDelay(BOUNDS, moment({ elapsedMs: 2_000 }), even), 15_000)
  t.equal(nextPollDelay({ ...BOUNDS, POLL_MAX_MS: 5_000 }, moment({ elapsedMs: 2_000 }), even), 5_000)
})

t.test('the more progress in the same time, the sooner the next look', async t => {
  for (const profile of [undefined, around170sWithProgress]) {
    const waits = Array.from({ length: 98 }, (_, i) => nextPollDelay(BOUNDS, moment({ elapsedMs: 100_000, progress: { value: i + 2, atMs: 100_000 }, profile }), even))
    t.ok(waits.every((wait, i) => i === 0 || wait <= waits[i - 1]!), 'never later')
    t.equal(waits[0], BOUNDS.POLL_MAX_MS)
    t.ok(waits.at(-1)! <= 2_200)
  }
})

t.test('with no like of it known, a task is not left alone for longer than it has been watched', async t => {
  const delay = (elapsedMs: number, value: number) => nextPollDelay(BOUNDS, moment({ elapsedMs, progress: { value, atMs: elapsedMs } }), even)
  t.equal(delay(2_000, 3), 2_100)
  t.equal(delay(4_000, 10), 4_000)
  t.equal(delay(8_000, 25), 8_000)
  t.equal(delay(60_000, 10), BOUNDS.POLL_MAX_MS)
})

t.test('progress that stands still past its end spreads the looks, up to POLL_MAX_MS', async t => {
  const waits = [60, 70, 90, 150, 300, 900].map(s => nextPollDelay(BOUNDS, moment({ elapsedMs: s * 1_000, progress: { value: 99, atMs: 60_000 } }), even))
  t.ok(waits.every((wait, i) => i === 0 || wait >= waits[i - 1]!))
  t.equal(waits.at(-1), BOUNDS.POLL_MAX_MS)
})

t.test('failures in a row spread the looks', async t => {
  const waits = Array.from({ length: 20 }, (_, failures) => nextPollDelay(BOUNDS, moment({ elapsedMs: 160_000, profile: around170s, failures: failures + 1 }), even))
  t.ok(waits.every((wait, i) => i === 0 || wait >= waits[i - 1]!))
  t.equal(waits[0], 4_000)
  t.equal(waits.at(-1), BOUNDS.POLL_MAX_MS)
})

t.test('looks are dense where runs end, and none is wasted where none ends', async t => {
  const first = firstPollDelay(BOUNDS, { profile: around170s, random: even })
  const runs = drawn(RUN_TIMES['log-normal 0.15']!, 10_000)
  t.ok(first > BOUNDS.POLL_MAX_MS)
  t.ok(runs.filter(ms => ms < first).length < 0.03 * runs.length, `hardly any run ends before the first look at ${first} ms`)
  const wait = (elapsedMs: number) => nextPollDelay(BOUNDS, moment({ elapsedMs, profile: around170s }), even)
  t.ok(wait(170_000) < 5_000)
  t.ok(wait(120_000) > wait(150_000))
})

t.test('reported progress is shown: no wait is longer than POLL_MAX_MS', async t => {
  const expected = firstPollDelay(BOUNDS, { profile: around170sWithProgress, random: even })
  t.ok(expected > 10_000 && expected <= 15_000, 'a first look at the pace of the report')
  t.ok(nextPollDelay(BOUNDS, moment({ elapsedMs: 1_000, progress: { value: 1, atMs: 1_000 }, profile: around170s })) <= BOUNDS.POLL_MAX_MS)
})

t.test('stragglers are seen at most a tenth of their run time late, and looked at every POLL_MAX_MS', async t => {
  const wait = (elapsedMs: number) => nextPollDelay(BOUNDS, moment({ elapsedMs, profile: profileOf(drawn([{ weight: 1, medianMs: 60_000, spread: 0.1 }])) }), even)
  for (const elapsedMs of [120_000, 150_000, 200_000]) t.equal(wait(elapsedMs), elapsedMs / 10)
  t.equal(wait(3_000_000), BOUNDS.POLL_MAX_MS)
})

t.test('the estimate is the median of what is left, and grows into what the progress says', async t => {
  t.equal(remainingMs({ elapsedMs: 5_000 }), undefined)
  t.ok(Math.abs(remainingMs({ elapsedMs: 0, profile: around170s })! - 168_000) < 8_000)
  t.equal(remainingMs({ elapsedMs: around170s.endMs + 1, profile: around170s }), undefined)
  t.equal(remainingMs({ elapsedMs: 50_000, progress: { value: 25, atMs: 50_000 } }), 150_000)
  const late = remainingMs({ elapsedMs: 270_000, progress: { value: 90, atMs: 270_000 }, profile: around170sWithProgress })!
  t.ok(Math.abs(late - 30_000) < 6_000)
})

t.test('what may still turn up is looked at for a day, ever more seldom', async t => {
  t.equal(slowPollDelay(0), 300_000)
  t.equal(slowPollDelay(3_600_000), 1_800_000)
  t.equal(slowPollDelay(86_400_001), undefined)
})

const measure = (cadence: Cadence, runTimes: RunTimes, progress?: (typeof PROGRESS)[string]) =>
  replay(cadence, { runTimes, progress, tasks: 5_000, learning: 500, random: createRandom(11) })

t.test('without progress: 85 % of the best there is, for no more polls than fixed 15 s', async t => {
  for (const [name, runTimes] of Object.entries(RUN_TIMES)) {
    const ours = measure(learned(createRandom(3)), runTimes)
    const share = bestProduct(runTimes) / (ours.polls * ours.meanMs)
    t.ok(share >= 0.85, `${name}: ${(100 * share).toFixed(1)} %`)
    t.ok(ours.polls <= measure(fixed(15_000), runTimes).polls * 1.01, `${name}: ${ours.polls.toFixed(1)} polls`)
  }
})

t.test('with progress: ends are seen four times sooner than by fixed 15 s, for no more polls', async t => {
  for (const [kind, progress] of Object.entries(PROGRESS)) {
    const ours = measure(learned(createRandom(3)), RUN_TIMES['log-normal 0.35']!, progress)
    const fifteen = measure(fixed(15_000), RUN_TIMES['log-normal 0.35']!, progress)
    t.ok(ours.polls <= fifteen.polls * 1.01, `${kind}: ${ours.polls.toFixed(1)} polls`)
    t.ok(ours.meanMs * 4 <= fifteen.meanMs, `${kind}: ${(fifteen.meanMs / ours.meanMs).toFixed(1)} times sooner`)
  }
})

t.test('an upstream that becomes three times faster is noticed though nobody looked that early', async t => {
  const cadence = learned(createRandom(3))
  measure(cadence, RUN_TIMES['log-normal 0.15']!)
  const faster = replay(cadence, { runTimes: [{ weight: 1, medianMs: 57_000, spread: 0.15 }], tasks: 500, learning: 1_000, random: createRandom(12) })
  t.ok(faster.meanMs < 4_000, `${faster.meanMs.toFixed(0)} ms late`)
})

t.test('an upstream that becomes three times slower is not asked in vain for ever', async t => {
  const cadence = learned(createRandom(3))
  measure(cadence, RUN_TIMES['log-normal 0.15']!)
  const slower = replay(cadence, { runTimes: [{ weight: 1, medianMs: 510_000, spread: 0.15 }], tasks: 500, learning: 1_000, random: createRandom(12) })
  t.ok(slower.polls < 36, `${slower.polls.toFixed(1)} polls`)
  t.ok(slower.meanMs < 5_000, `${slower.meanMs.toFixed(0)} ms late`)
})

t.test('too few runs are no profile', async t => {
  t.equal(profileOf(Array(9).fill(60_000)), undefined)
  t.ok(profileOf(Array(10).fill(60_000)))
})

t.test('a run counts once, spread over the time in which it ended unseen', async t => {
  fc.assert(fc.property(fc.double({ min: 0, max: 1e8, noNaN: true }), fc.double({ min: 0, max: 1e8, noNaN: true }), (afterMs, lasting) => {
    const { bins } = countRuns([{ afterMs, untilMs: afterMs + lasting }])
    return bins.every(weight => weight >= 0) && Math.abs(bins.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-6
  }))
  const { bins } = countRuns([{ afterMs: 30_000, untilMs: 90_000 }])
  const before60s = bins.filter((_, i) => EDGES[i]! < 59_000).reduce((sum, weight) => sum + weight, 0)
  t.ok(Math.abs(before60s - 0.5) < 0.05)
})
