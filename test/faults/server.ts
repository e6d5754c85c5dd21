import { armFailpoints } from '../../server/failpoints.ts'
import { start } from '../../server/start.ts'
import { createReceiverEgress } from '../support/receivers.ts'

/** The server as it is, but that its webhooks reach receivers of this machine. */
await start({ webhookEgress: createReceiverEgress() })
// Not by FAILPOINT, which holds for the process that polls suspects too: there it looks like a poll that crashes its process.
armFailpoints(process.env.FAULT)
