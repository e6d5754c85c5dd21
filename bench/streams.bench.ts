import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { startChild, type Child } from './support/child.ts'
import { startPostgres, type BenchPostgres } from './support/postgres.ts'
import type { ReadersReport } from './support/readers-process.ts'
import type { StreamsReady } from './support/streams-process.ts'

interface Streams { server: Child & { ready: StreamsReady }, readers: Child, baseRss: number, rss: number }

const FAN_OUT_STREAMS = 1_000
const FAN_OUT_CHANGES = 300

/** Open streams of one process: what they weigh, how fast and how late they are, beside a bare write loop. */
export async function run (): Promise<void> {
  const postgres = await startPostgres()
  try {
    await withDatabase(postgres, (url, writer) => measureLatency(url, writer, 2_000, 2_000))
    await withDatabase(postgres, url => measureWeight(url, 10_000))
    await withDatabase(postgres, compareFanOut)
  } finally {
    await postgres.stop()
  }
}

async function withDatabase (postgres: BenchPostgres, measure: (databaseUrl: string, writer: pg.Client) => Promise<void>): Promise<void> {
  const databaseUrl = await postgres.createDatabase()
  const writer = new pg.Client({ connectionString: databaseUrl })
  await writer.connect()
  try {
    await measure(databaseUrl, writer)
  } finally {
    await writer.end()
  }
}

async function measureLatency (databaseUrl: string, writer: pg.Client, count: number, perSecond: number): Promise<void> {
  const streams = await openStreams(databaseUrl, { users: count, streams: count })
  await streams.readers.ask({ type: 'reset' })
  const batch = perSecond / 40
  for (let i = 0; i < 10 * 40; i++) {
    const begun = performance.now()
    await change(writer, streams.server.ready.firstUser + (i * batch) % count, batch)
    await sleep(Math.max(0, 25 - (performance.now() - begun)))
  }
  await sleep(1_000)
  const { frames, p50, p99 } = await streams.readers.ask<ReadersReport>({ type: 'report' })
  console.log(`  ${count} streams, one change each a second (${frames} of ${10 * 40 * batch} frames): from commit to client p50 ${p50} ms, p99 ${p99} ms`)
  await stop(streams)
}

async function measureWeight (databaseUrl: string, count: number): Promise<void> {
  const streams = await openStreams(databaseUrl, { users: 100, streams: count })
  console.log(`  ${count} open streams: ${((streams.rss - streams.baseRss) / count / 1024).toFixed(1)} KB a connection (RSS ${(streams.rss / 2 ** 20).toFixed(0)} MB)`)
  await stop(streams)
}

/** One user's changes to many streams of that user, beside `response.write` of the same bytes to as many sockets. */
async function compareFanOut (databaseUrl: string, writer: pg.Client): Promise<void> {
  const bareServer = await startChild<{ url: string }>('bare-stream-process.ts', {})
  const bareReaders = await openReaders(bareServer.ready.url, ['none'], FAN_OUT_STREAMS)
  await bareReaders.ask({ type: 'reset' })
  bareServer.ask({ type: 'write', frames: FAN_OUT_CHANGES })
  const bare = await framesPerSecond(bareReaders)
  await bareReaders.stop()
  await bareServer.stop()

  const streams = await openStreams(databaseUrl, { users: 1, streams: FAN_OUT_STREAMS })
  await streams.readers.ask({ type: 'reset' })
  await change(writer, streams.server.ready.firstUser, 1, FAN_OUT_CHANGES)
  const ours = await framesPerSecond(streams.readers)
  await stop(streams)
  console.log(`  ${FAN_OUT_CHANGES} changes to ${FAN_OUT_STREAMS} streams: ${ours.toFixed(0)} frames/s, bare write loop ${bare.toFixed(0)} frames/s: ${(ours / bare).toFixed(2)} × bare`)
}

async function framesPerSecond (readers: Child): Promise<number> {
  const expected = FAN_OUT_CHANGES * FAN_OUT_STREAMS
  for (let tries = 0; tries < 600; tries++) {
    await sleep(100)
    const { frames, seconds } = await readers.ask<ReadersReport>({ type: 'report' })
    if (frames >= expected) return frames / seconds
  }
  throw new Error('the frames did not arrive')
}

async function openStreams (databaseUrl: string, { users, streams }: { users: number, streams: number }): Promise<Streams> {
  const server = await startChild<StreamsReady>('streams-process.ts', { databaseUrl, users })
  const baseRss = (await server.ask<{ rss: number }>({ type: 'rss' })).rss
  const readers = await openReaders(server.ready.url, server.ready.tokens, streams)
  await sleep(1_000)
  const { rss } = await server.ask<{ rss: number }>({ type: 'rss' })
  return { server, readers, baseRss, rss }
}

async function openReaders (url: string, tokens: string[], streams: number): Promise<Child> {
  const readers = await startChild<object>('readers-process.ts')
  await readers.ask({ type: 'open', url, tokens, streams })
  return readers
}

async function stop ({ server, readers }: Streams): Promise<void> {
  await readers.stop()
  await server.stop()
}

/** Status changes of `count` users from `firstUser` on, committed together, as a group of polls commits them. */
async function change (writer: pg.Client, firstUser: number, count: number, each = 1): Promise<void> {
  await writer.query(`
    insert into task_events (user_id, task_id, attempt, status, stage, progress)
    select t.user_id, t.id, t.attempt, 'PROCESSING', 'generating', 50
    from tasks t, generate_series(1, $3::int)
    where t.user_id >= $1 and t.user_id < $1 + $2`, [firstUser, count, each])
  await writer.query('select pg_notify(\'reelay_task_events\', \'\')')
}
