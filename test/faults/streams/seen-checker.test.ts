import t from 'tap'
import { checkStreams, type StreamEvidence, type UserEvent } from './seen-checker.ts'
import type { Seen, SeenByClient } from './seen.ts'

const END = '9223372036854775807'
const cursor = (id: number) => `epoch-${700 + id}-${id}`
const change = (id: number, videoId: string, status: string): Seen => ({ type: 'change', cursor: cursor(id), videoId, status, attempt: 1 })
const event = (id: number, userId: string, videoId: string, status: string): UserEvent => ({ id: String(id), xid: String(700 + id), user_id: userId, task_id: videoId, attempt: 1, status })

/** Ada's clients: one was cut off twice and went back once, one hears of ends only, one polls; and Bob's, who was reset. */
function goodRun () {
  const client = (name: string, userId: string, videoIds: string[], seen: Seen[]): SeenByClient => ({ name, userId, seen, videoIds: new Set(videoIds), refusals: [{ status: 503, code: 'DATABASE_UNAVAILABLE', retryAfter: '2' }] })
  return {
    epoch: 'epoch',
    through: { xid: '707', id: '7' },
    events: [
      event(1, 'ada', 'video_1', 'QUEUED'), event(2, 'ada', 'video_1', 'PROCESSING'), event(3, 'bob', 'video_2', 'QUEUED'),
      event(5, 'ada', 'video_1', 'COMPLETED'), event(4, 'bob', 'video_2', 'FAILED'), event(6, 'ada', 'video_3', 'QUEUED'), event(7, 'ada', 'video_3', 'CANCELLED'),
      // What nobody had the time to hear.
      event(8, 'ada', 'video_3', 'QUEUED')
    ],
    clients: [
      client('all', 'ada', ['video_1', 'video_3'], [
        { type: 'asked' }, { type: 'opened', cursor: `epoch-701-${END}` }, change(2, 'video_1', 'PROCESSING'), change(5, 'video_1', 'COMPLETED'),
        // Cut off before it was answered, then further back.
        { type: 'asked', cursor: cursor(5) }, { type: 'asked', cursor: cursor(2) }, { type: 'opened', cursor: cursor(2) }, change(5, 'video_1', 'COMPLETED'), change(6, 'video_3', 'QUEUED'), change(7, 'video_3', 'CANCELLED')
      ]),
      { ...client('ends', 'ada', ['video_1'], [{ type: 'asked' }, { type: 'opened', cursor: `epoch-700-${END}` }, change(5, 'video_1', 'COMPLETED'), change(7, 'video_3', 'CANCELLED')]), only: 'COMPLETED,FAILED,CANCELLED' },
      client('poll', 'ada', ['video_1', 'video_3'], [
        { type: 'asked' }, { type: 'opened', cursor: `epoch-702-${END}` }, { type: 'asked', cursor: `epoch-702-${END}` },
        { type: 'change', videoId: 'video_1', status: 'COMPLETED', attempt: 1 }, { type: 'change', videoId: 'video_3', status: 'QUEUED', attempt: 1 }, { type: 'told', cursor: cursor(6) },
        { type: 'asked', cursor: cursor(6) }, { type: 'change', videoId: 'video_3', status: 'CANCELLED', attempt: 1 }, { type: 'told', cursor: cursor(7) }
      ]),
      client('reset', 'bob', ['video_2'], [
        { type: 'asked' }, { type: 'opened', cursor: `epoch-700-${END}` },
        { type: 'asked', cursor: 'nonsense' }, { type: 'opened', cursor: `epoch-703-${END}` }, { type: 'reset' }, change(4, 'video_2', 'FAILED')
      ])
    ]
  } satisfies StreamEvidence
}

t.test('a good run breaks no rule', async t => {
  t.same(checkStreams(goodRun()), [])
})

const ORDER = 'streamsTellEverythingInOrder'
const WRONG: Array<[title: string, rule: string, change: (run: ReturnType<typeof goodRun>) => void]> = [
  ['a change in the middle that was never told', ORDER, run => run.clients[0]!.seen.splice(8, 1)],
  ['a last change that was never told', ORDER, run => run.clients[0]!.seen.pop()],
  ['a change told twice', ORDER, run => run.clients[0]!.seen.splice(3, 0, run.clients[0]!.seen[2]!)],
  ['two changes in the wrong order', ORDER, run => run.clients[0]!.seen.splice(2, 2, change(5, 'video_1', 'COMPLETED'), change(2, 'video_1', 'PROCESSING'))],
  ['another status than there was', ORDER, run => run.clients[0]!.seen.splice(3, 1, change(5, 'video_1', 'FAILED'))],
  ['a change under another cursor', ORDER, run => run.clients[0]!.seen.splice(3, 1, change(6, 'video_1', 'COMPLETED'))],
  ['a gap at a resumption without a word', ORDER, run => run.clients[0]!.seen.splice(6, 1, { type: 'opened', cursor: cursor(5) })],
  ['a reset for a good cursor', ORDER, run => run.clients[0]!.seen.splice(7, 0, { type: 'reset' })],
  ['no reset for a bad cursor', ORDER, run => run.clients[3]!.seen.splice(4, 1)],
  ['an end that a filtered stream left out', ORDER, run => run.clients[1]!.seen.splice(2, 1)],
  ['a change that a long poll left out', ORDER, run => run.clients[2]!.seen.splice(4, 1)],
  ['a long poll that goes on further than it told', ORDER, run => run.clients[2]!.seen.splice(5, 1, { type: 'told', cursor: cursor(7) })],
  ['a client that was never let in', ORDER, run => run.clients[0]!.seen.splice(1)],
  ['a progress frame of somebody else\'s task', 'nothingForeignIsTold', run => run.clients[0]!.videoIds.add('video_2')],
  ['a change of somebody else\'s task', 'nothingForeignIsTold', run => {
    run.clients[0]!.seen.splice(3, 0, change(3, 'video_2', 'QUEUED'))
    run.clients[0]!.videoIds.add('video_2')
  }],
  ['a good token that is refused', 'refusalsAreClear', run => run.clients[0]!.refusals.push({ status: 401, code: 'AUTH_REQUIRED', retryAfter: '2' })],
  ['a refusal that does not say when to come again', 'refusalsAreClear', run => run.clients[0]!.refusals.push({ status: 503, code: 'DATABASE_UNAVAILABLE', retryAfter: undefined as never })]
]

for (const [title, rule, spoil] of WRONG) {
  t.test(`found: ${title}`, async t => {
    const run = goodRun()
    spoil(run)
    t.ok(checkStreams(run).some(violation => violation.rule === rule))
  })
}
