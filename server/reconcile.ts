import { parseArgs } from 'node:util'
import { channelsOfProvider } from './channels/channels-of-provider.ts'
import { Upstreams } from './channels/upstreams.ts'
import { listChannels } from './channels/channel-repository.ts'
import { findCurrentCredentialId } from './channels/credentials.ts'
import { loadConfig, type Config } from './config.ts'
import type { Channel, Db } from './database/tables.ts'
import { withDatabase } from './database/with-database.ts'
import { renewFeedEpoch } from './events/feed-epoch.ts'
import { commandLog as log } from './log.ts'
import { loadSecrets } from './secrets.ts'
import { doubtUnsent } from './tasks/doubt-unsent.ts'
import { createEgress } from './upstreams/egress.ts'
import type { ListedJob } from './upstreams/upstream.ts'
import { UsageError } from './usage-error.ts'

const USAGE = `Usage: npm run reconcile -- [--since 24h] [--restored] [--json]

  Lists what the upstreams made that this database does not know, such as after a restore.

  --since     how far back to look: 90m, 24h, 7d, or a date like 2026-01-31T08:00Z (default: 24h)
  --restored  once after a restore, before the server starts: what the backup calls queued may have been
              sent since, so it is not sent before its provider was asked; streams begin afresh
  --json      one JSON object on standard output

Exit codes: 0 nothing unknown, 1 not every channel could be read, 2 wrong usage, 3 something unknown.`

const UNIT_MS = { m: 60_000, h: 3_600_000, d: 86_400_000 }
/** The upstream's clock and ours may differ by this. */
const CLOCK_SKEW_MS = 120_000
/** For the whole list of one channel, which may have many pages. */
const TIMEOUT_MS = 300_000
const PROMPT_SHOWN = 60
const UNDEFINED_TABLE = '42P01'

interface Stray extends Pick<ListedJob, 'externalTaskId' | 'createdAt'> { channel: string, channelId: string, state: string | null, model: string | null, prompt: string | null }

interface Report {
  from: Date
  to: Date
  /** Queued tasks of a restored database that are not sent before their provider was asked. */
  doubted?: number
  unknown: Stray[]
  /** Channels whose provider has no list. */
  unlisted: string[]
  failed: Array<{ channel: string, error: string }>
}

async function reconcile (db: Db, config: Config, { from, restored }: { from: Date, restored: boolean }): Promise<Report> {
  const report: Report = { from, to: new Date(Date.now() + CLOCK_SKEW_MS), unknown: [], unlisted: [], failed: [] }
  if (restored) {
    report.doubted = await doubtUnsent(db)
    await renewFeedEpoch(db)
  }
  const channels = await listChannels(db)
  if (channels.length === 0) return report
  const { encryption } = await loadSecrets(db, config)
  const egress = createEgress()
  const upstreams = new Upstreams(db, egress, encryption, () => undefined)
  try {
    await Promise.all(channels.map(channel => lookInto(db, upstreams, channel, report)))
  } finally {
    await egress.close()
  }
  report.unknown.sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
  return report
}

/** One channel that cannot be read does not keep the others from being. */
async function lookInto (db: Db, upstreams: Upstreams, channel: Channel, { from, to, ...found }: Report): Promise<void> {
  try {
    const credentialId = await findCurrentCredentialId(db, channel.id) ?? null
    const upstream = await upstreams.forAttempt({ channel_id: channel.id, credential_id: credentialId })
    if (upstream.list) {
      const jobs = await upstream.list({ from, to, now: new Date() }, AbortSignal.timeout(TIMEOUT_MS))
      const known = await listKnownIds(db, channel.id, jobs)
      found.unknown.push(...jobs.filter(({ externalTaskId }) => !known.has(externalTaskId)).map(job => strayOf(channel, job)))
    } else {
      found.unlisted.push(channel.name)
    }
  } catch (error) {
    found.failed.push({ channel: channel.name, error: (error as Error).message })
  }
}

async function listKnownIds (db: Db, channelId: string, jobs: ListedJob[]): Promise<Set<string | null>> {
  if (jobs.length === 0) return new Set()
  const rows = await db
    .selectFrom('task_attempts')
    .select('external_task_id')
    .where('channel_id', 'in', channelsOfProvider(channelId))
    .where('external_task_id', 'in', jobs.map(job => job.externalTaskId))
    .execute()
  return new Set(rows.map(row => row.external_task_id))
}

function strayOf ({ id, name }: Channel, { externalTaskId, createdAt, model, prompt, poll }: ListedJob): Stray {
  return { channel: name, channelId: id, externalTaskId, createdAt, state: poll?.state ?? null, model: model ?? null, prompt: prompt ?? null }
}

function linesOf ({ from, doubted, unknown, unlisted, failed }: Report): string[] {
  const rows = unknown.map(job => [job.channel, job.externalTaskId, job.createdAt.toISOString(), job.state ?? '-', job.model ?? '-', shown(job.prompt ?? '')])
  return [
    ...doubted === undefined ? [] : [`${doubted} queued ${doubted === 1 ? 'task' : 'tasks'} put in doubt`],
    ...rows.length > 0 ? table([['CHANNEL', 'EXTERNAL ID', 'CREATED', 'STATE', 'MODEL', 'PROMPT'], ...rows]) : [],
    `${unknown.length} unknown ${unknown.length === 1 ? 'job' : 'jobs'} since ${from.toISOString()}`,
    ...unlisted.length > 0 ? [`cannot be asked, no list: ${unlisted.join(', ')}`] : [],
    ...failed.map(({ channel, error }) => `could not be read: ${channel}: ${shown(error)}`)
  ]
}

function table (rows: string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map(row => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd())
}

/** The upstream's words, safe for a terminal. */
function shown (text: string): string {
  const line = text.replace(/[\p{C}\s]+/gu, ' ').trim()
  return line.length > PROMPT_SHOWN ? `${line.slice(0, PROMPT_SHOWN - 1)}…` : line
}

function readArguments () {
  try {
    const { values } = parseArgs({ options: { since: { type: 'string', default: '24h' }, restored: { type: 'boolean', default: false }, json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } } })
    return { ...values, from: parseSince(values.since) }
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function parseSince (text: string): Date {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  const from = unit ? new Date(Date.now() - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]) : new Date(text)
  if (Number.isNaN(from.getTime()) || from.getTime() > Date.now()) throw new UsageError(`--since: "${text}" is no time in the past`)
  return from
}

async function main (): Promise<number> {
  const { json, help, ...wanted } = readArguments()
  if (help) {
    console.log(USAGE)
    return 0
  }
  const config = loadConfig()
  const report = await withDatabase(config, { max: 4, log }, db => reconcile(db, config, wanted))
  console.log(json ? JSON.stringify(report) : linesOf(report).join('\n'))
  if (report.failed.length > 0) return 1
  return report.unknown.length > 0 ? 3 : 0
}

process.exitCode = await main().catch(error => {
  const usage = error instanceof UsageError
  console.error(`reconcile: ${error.code === UNDEFINED_TABLE ? 'this database was never set up: run "npm run migrate" first' : error.message || String(error)}${usage ? `\n\n${USAGE}` : ''}`)
  return usage ? 2 : 1
})
