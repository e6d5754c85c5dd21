import { pino } from 'pino'
import { buildApp } from '../../server/app.ts'
import { loadConfig } from '../../server/config.ts'
import { armFailpoints } from '../../server/failpoints.ts'
import { createReceiverEgress } from './receivers.ts'

/** A working process whose webhooks reach this machine's receivers: one that can be killed. */
const config = loadConfig()
armFailpoints(config.FAILPOINT)
const app = await buildApp(config, { databaseUrl: config.DATABASE_URL!, log: pino({ level: 'silent' }), webhookEgress: createReceiverEgress() })
await app.ready()
