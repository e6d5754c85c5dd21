import { text } from 'node:stream/consumers'
import { parseArgs } from 'node:util'
import { createKey } from './accounts/api-keys.ts'
import { SCOPES, USUAL_SCOPES, type Scope } from './accounts/scopes.ts'
import { PASSWORD_MAX_LENGTH, PASSWORD_MIN_LENGTH, generatePassword } from './accounts/passwords.ts'
import { changePassword, findUserByName } from './accounts/users.ts'
import { findChannelNamed } from './channels/channel-repository.ts'
import { capabilitiesOf } from './channels/choose-channel.ts'
import { eventsAddress, eventsKey } from './channels/events-address.ts'
import { loadConfig, type Config } from './config.ts'
import type { Db, User } from './database/tables.ts'
import { withDatabase } from './database/with-database.ts'
import { commandLog as log } from './log.ts'
import { loadSecrets } from './secrets.ts'
import { resumePolling } from './tasks/resume-polling.ts'
import { isUsageError, UsageError } from './usage-error.ts'

const USAGE = `Usage: npm run admin -- reset-password <user> [--stdin]
       npm run admin -- create-key <user> [--name <name>] [--scopes <scope,…>]
       npm run admin -- webhook-url <channel>
       npm run admin -- resume <videoId>

  reset-password  gives the user a new password and ends all their sessions.
                  The password is generated and printed once; with --stdin it is read from standard input.
  create-key      makes an API key and prints it, once. Scopes: ${SCOPES.join(', ')};
                  ${USUAL_SCOPES.join(' and ')} unless given.
  webhook-url     prints the address to which a channel's provider may post its events; the channel by name or id.
  resume          has the provider asked again after a quarantined task, also after its deadline. Nothing is submitted.

Exit codes: 0 done, 1 it failed, 2 wrong usage.
`

/** A failure that is explained by its message alone. */
class AdminError extends Error {}

const UNDEFINED_TABLE = '42P01'

async function main (): Promise<void> {
  const { values, positionals: [command, name, ...rest] } = parseArgs({ allowPositionals: true, options: { stdin: { type: 'boolean' }, name: { type: 'string' }, scopes: { type: 'string' }, help: { type: 'boolean', short: 'h' } } })
  if (values.help) return console.log(USAGE)
  if (!name || rest.length > 0) throw new UsageError(command ? `"${command}" takes one name` : 'what is to be done?')
  switch (command) {
    case 'reset-password': return await resetPassword(name, values.stdin)
    case 'create-key': return await printNewKey(name, values)
    case 'webhook-url': return await printWebhookUrl(name)
    case 'resume': return await resume(name)
    default: throw new UsageError(`unknown command "${command}"`)
  }
}

const onDatabase = (config: Config, work: (db: Db) => Promise<void>) => withDatabase(config, { max: 2, log }, work)

function checkPassword (password: string): string {
  if (password.length < PASSWORD_MIN_LENGTH || password.length > PASSWORD_MAX_LENGTH) {
    throw new AdminError(`The password must have ${PASSWORD_MIN_LENGTH} to ${PASSWORD_MAX_LENGTH} characters`)
  }
  return password
}

async function resetPassword (username: string, fromStdin = false): Promise<void> {
  const given = fromStdin ? checkPassword((await text(process.stdin)).replace(/\r?\n$/, '')) : undefined
  await onDatabase(loadConfig(), async db => {
    const user = await findUserOrThrow(db, username)
    const password = given ?? generatePassword()
    const ended = await changePassword(db, user.id, password)
    if (given) console.log(`The password of ${user.username} was changed; ${ended} sessions ended.`)
    else console.log(`New password of ${user.username}: ${password}\nIt is shown only now. ${ended} sessions ended.`)
    if (user.disabled_at) console.error(`Note: the account of ${user.username} is disabled.`)
  })
}

/** Only the key goes to standard output, for a script to take. */
async function printNewKey (username: string, { name = 'made by npm run admin', scopes }: { name?: string, scopes?: string }): Promise<void> {
  const granted = scopes === undefined ? USUAL_SCOPES : checkScopes(scopes.split(','))
  await onDatabase(loadConfig(), async db => {
    const user = await findUserOrThrow(db, username)
    if (granted.includes('admin') && user.role !== 'admin') throw new AdminError(`${user.username} is no administrator, so no key of theirs can have the scope admin`)
    const { token } = await createKey(db, user.id, { name, scopes: granted })
    console.log(token)
    if (user.disabled_at) console.error(`Note: the account of ${user.username} is disabled.`)
  })
}

function checkScopes (scopes: string[]): Scope[] {
  const unknown = scopes.find(scope => !(SCOPES as readonly string[]).includes(scope))
  if (unknown !== undefined) throw new UsageError(`There is no scope "${unknown}"; there are ${SCOPES.join(', ')}`)
  return [...new Set(scopes)] as Scope[]
}

async function findUserOrThrow (db: Db, username: string): Promise<User> {
  const user = await findUserByName(db, username)
  if (!user) throw new AdminError(`There is no user "${username}"`)
  return user
}

/** Only the address goes to standard output, so that it can be piped on. */
async function printWebhookUrl (name: string): Promise<void> {
  const config = loadConfig()
  await onDatabase(config, async db => {
    const channel = await findChannelNamed(db, name)
    if (!channel) throw new AdminError(`There is no channel "${name}"`)
    if (!capabilitiesOf(channel).webhook) throw new AdminError(`The provider of channel "${name}" sends no events; its tasks are polled`)

    const { encryption } = await loadSecrets(db, config)
    console.log(eventsAddress(eventsKey(encryption), channel.id, config.PUBLIC_URL))
    console.error('Keep it like a password: whoever knows it can have the tasks of this channel polled.')
    if (!config.PUBLIC_URL) console.error('PUBLIC_URL is not set: put the address under which the provider reaches this server before it.')
    if (!channel.webhook_secret) console.error('The channel has no signing secret: set UPSTREAM_WEBHOOK_SECRET to the one the provider shows, and start the server again.')
  })
}

async function resume (videoId: string): Promise<void> {
  await onDatabase(loadConfig(), async db => {
    const task = await db.selectFrom('tasks').selectAll().where('id', '=', videoId).where('deleted_at', 'is', null).executeTakeFirst()
    if (!task) throw new AdminError(`There is no task "${videoId}"`)
    // Streams look by themselves every two seconds.
    if (!await resumePolling({ db, log, feed: { wake: () => {} } }, task)) throw new AdminError(`${videoId} is not quarantined`)
    console.log(`The provider is asked again after ${videoId} (${task.external_task_id}).`)
  })
}

try {
  await main()
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException
  const usage = isUsageError(error)
  console.error(code === UNDEFINED_TABLE ? 'This database was never set up: run "npm run migrate" first' : `${message || String(error)}${usage ? `\n\n${USAGE}` : ''}`)
  process.exitCode = usage ? 2 : 1
}
