import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import { parseS3Location, type S3Keys, type S3Location } from './media/s3-location.ts'
import { ADAPTER_TYPES } from './upstreams/adapters.ts'

const Flag = (fallback: boolean) => Type.Boolean({ default: fallback })
const Port = Type.Integer({ minimum: 0, maximum: 65535 })
const Milliseconds = (fallback: number, minimum = 1) => Type.Integer({ default: fallback, minimum, maximum: 2 ** 31 - 1 })
const Secret = Type.Optional(Type.String({ minLength: 32 }))
const HttpUrl = Type.Optional(Type.String({ pattern: '^https?://[^\\s?#]+$' }))

/** Every environment variable Reelay reads (DESIGN §10). This file is the only reader of process.env. */
export const ConfigSchema = Type.Object({
  NODE_ENV: Type.String({ default: 'development' }),
  PORT: Type.Integer({ ...Port, default: 3001 }),
  HOST: Type.String({ default: '127.0.0.1', minLength: 1 }),
  PUBLIC_URL: HttpUrl,
  CORS_ORIGINS: Type.String({ default: '' }),
  DATABASE_URL: Type.Optional(Type.String({ pattern: '^postgres(ql)?://' })),
  DATABASE_POOL_MAX: Type.Integer({ default: 10, minimum: 2, maximum: 200 }),
  DATA_DIR: Type.String({ default: '.data', minLength: 1 }),
  ROLES: Type.String({ default: 'api,worker', pattern: '^(api|worker)(,(api|worker))*$' }),
  JWT_SECRET: Secret,
  ENCRYPTION_KEY: Secret,
  ADMIN_USERNAME: Type.String({ default: 'admin', minLength: 1, maxLength: 64 }),
  ADMIN_PASSWORD: Type.Optional(Type.String({ minLength: 8, maxLength: 1024 })),
  UPSTREAM_TYPE: Type.Optional(Type.Enum(ADAPTER_TYPES)),
  UPSTREAM_BASE_URL: HttpUrl,
  UPSTREAM_API_KEY: Type.Optional(Type.String({ minLength: 1 })),
  // As OpenAI gives it; what has the prefix must be base64, or everybody could guess the key it stands for.
  UPSTREAM_WEBHOOK_SECRET: Type.Optional(Type.String({ pattern: '^(whsec_[A-Za-z0-9+/]{32,}={0,2}|(?!whsec_)\\S{16,})$' })),
  UPSTREAM_MODELS: Type.Optional(Type.String({ minLength: 1 })),
  SANDBOX: Type.Enum(['auto', 'on', 'off'], { default: 'auto' }),
  SANDBOX_DURATION_MS: Milliseconds(30_000),
  SUBMIT_WAIT_MS: Milliseconds(15_000, 0),
  SUBMIT_TIMEOUT_MS: Milliseconds(60_000, 100),
  TASK_DEADLINE_MS: Milliseconds(3_600_000),
  POLL_MIN_MS: Milliseconds(2_000),
  POLL_MAX_MS: Milliseconds(30_000),
  MIGRATE_ON_START: Flag(true),
  EVENT_RETENTION_DAYS: Type.Number({ default: 7, exclusiveMinimum: 0, maximum: 3_650 }),
  MEDIA_URL: Type.Optional(Type.String({ minLength: 1 })),
  MEDIA_ACCESS_KEY_ID: Type.Optional(Type.String({ minLength: 1 })),
  MEDIA_SECRET_ACCESS_KEY: Type.Optional(Type.String({ minLength: 1 })),
  MEDIA_RETENTION_DAYS: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 36_500 })),
  MEDIA_MAX_BYTES: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
  WEBHOOK_ALLOW_HTTP: Flag(false),
  FAILPOINT: Type.Optional(Type.String({ minLength: 1 })),
  USER_REQUESTS_PER_MINUTE: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  TRUST_PROXY: Type.Optional(Type.String({ minLength: 1 })),
  DEFAULT_LOCALE: Type.Enum(['en', 'zh-CN'], { default: 'en' }),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], { default: 'info' })
})

type Environment = Readonly<Static<typeof ConfigSchema>>

export type Config = Environment & {
  readonly production: boolean
  readonly roles: ReadonlySet<'api' | 'worker'>
  /** Where files are kept; undefined: in DATA_DIR. */
  readonly mediaStore: { location: S3Location, keys: S3Keys } | undefined
}

export class ConfigError extends Error {
  override name = 'ConfigError'
}

const environmentCheck = Compile(ConfigSchema)

/** Reads the environment. Throws ConfigError, one line that names the variable and never shows its value. */
export function loadConfig (env: NodeJS.ProcessEnv = process.env): Config {
  // `PORT=` in an .env file means "not set".
  const given = Object.fromEntries(Object.entries(env).filter(([name, value]) => name in ConfigSchema.properties && value !== ''))
  const values = Value.Default(ConfigSchema, Object.fromEntries(Object.entries(given).map(([name, value]) => [name, readValue(name, value)]))) as Environment
  const [first] = environmentCheck.Errors(values)
  if (first) throw new ConfigError(`${variableName(first)}: ${first.keyword === 'enum' ? `must be one of: ${first.params.allowedValues.join(', ')}` : first.message}`)

  const config = {
    ...values,
    DATA_DIR: resolve(values.DATA_DIR),
    production: values.NODE_ENV === 'production',
    roles: new Set(values.ROLES.split(',') as Array<'api' | 'worker'>),
    mediaStore: readMediaStore(values)
  }
  checkAddresses(config)
  checkTogether(config)
  return Object.freeze(config)
}

/** What the migration runner needs; the secrets of a production server are none of its business. */
export function loadDatabaseConfig ({ DATABASE_URL, DATA_DIR }: NodeJS.ProcessEnv = process.env): Pick<Config, 'DATABASE_URL' | 'DATA_DIR'> {
  return loadConfig({ DATABASE_URL: DATABASE_URL ?? '', DATA_DIR: DATA_DIR ?? '' })
}

/** Value.Convert takes 0x10 for 16 and cuts 1.5 to 1: what is no plain number stays text, and is refused. */
function readValue (name: string, value: unknown): unknown {
  const schema = ConfigSchema.properties[name as keyof Environment] as { type?: string }
  const isNumber = schema.type === 'integer' || schema.type === 'number'
  const plain = schema.type === 'integer' ? /^\s*-?\d+\s*$/ : /^\s*-?\d+(\.\d+)?\s*$/
  return isNumber && !plain.test(String(value)) ? value : Value.Convert(schema, value)
}

function variableName (error: { instancePath: string }): string {
  return error.instancePath.split('/')[1] ?? 'environment'
}

function readMediaStore ({ MEDIA_URL, MEDIA_ACCESS_KEY_ID: accessKeyId, MEDIA_SECRET_ACCESS_KEY: secretAccessKey }: Environment): Config['mediaStore'] {
  if (MEDIA_URL === undefined) return undefined
  if (!accessKeyId) throw new ConfigError('MEDIA_ACCESS_KEY_ID: required together with MEDIA_URL')
  if (!secretAccessKey) throw new ConfigError('MEDIA_SECRET_ACCESS_KEY: required together with MEDIA_URL')
  try {
    return { location: parseS3Location(MEDIA_URL), keys: { accessKeyId, secretAccessKey } }
  } catch (error) {
    throw new ConfigError(`MEDIA_URL: ${(error as Error).message}`)
  }
}

/** Rules that no schema says. */
function checkAddresses ({ PUBLIC_URL, UPSTREAM_BASE_URL, CORS_ORIGINS, TRUST_PROXY }: Environment): void {
  for (const [name, url] of Object.entries({ PUBLIC_URL, UPSTREAM_BASE_URL })) {
    if (url !== undefined && !URL.canParse(url)) throw new ConfigError(`${name}: must be an http or https URL`)
  }
  if (!splitList(CORS_ORIGINS).every(origin => URL.canParse(origin) && new URL(origin).origin === origin)) throw new ConfigError('CORS_ORIGINS: must be origins like https://console.example.com, comma-separated, without a path')
  if (!splitList(TRUST_PROXY ?? '').every(isProxyAddress)) throw new ConfigError('TRUST_PROXY: must be addresses like 10.0.0.1 or 10.0.0.0/8, comma-separated, or loopback, linklocal, uniquelocal')
}

function splitList (text: string): string[] {
  return text.split(',').map(entry => entry.trim()).filter(Boolean)
}

function isProxyAddress (entry: string): boolean {
  const [address, prefix, ...rest] = entry.split('/')
  const bits = { 4: 32, 6: 128 }[isIP(address!)]
  if (bits === undefined) return ['loopback', 'linklocal', 'uniquelocal'].includes(entry)
  return rest.length === 0 && (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= bits))
}

/** Rules over more than one variable. */
function checkTogether (config: Config): void {
  if (config.POLL_MIN_MS > config.POLL_MAX_MS) throw new ConfigError('POLL_MIN_MS: must not be greater than POLL_MAX_MS')
  if (config.UPSTREAM_TYPE && !config.UPSTREAM_BASE_URL) throw new ConfigError('UPSTREAM_BASE_URL: required together with UPSTREAM_TYPE')
  if (config.UPSTREAM_TYPE && !config.UPSTREAM_API_KEY) throw new ConfigError('UPSTREAM_API_KEY: required together with UPSTREAM_TYPE')
  if (config.UPSTREAM_WEBHOOK_SECRET && !config.UPSTREAM_TYPE) throw new ConfigError('UPSTREAM_TYPE: required together with UPSTREAM_WEBHOOK_SECRET')
  if (!config.production) return
  if (config.FAILPOINT) throw new ConfigError('FAILPOINT: is for tests and refused when NODE_ENV=production')
  if (!config.JWT_SECRET) throw new ConfigError('JWT_SECRET: required when NODE_ENV=production (at least 32 characters)')
  if (!config.ENCRYPTION_KEY) throw new ConfigError('ENCRYPTION_KEY: required when NODE_ENV=production (at least 32 characters)')
}
