import type { ServerContext } from '../context.ts'
import type { Egress } from '../upstreams/egress.ts'

/** What telling others needs beside the work on tasks. */
export interface WebhookContext extends Pick<ServerContext, 'config' | 'db' | 'boss' | 'log'> {
  egress: Egress
  encryptionKey: Buffer
  /** Says it once: it is true of every webhook of this process. */
  warnOfMissingUrl: () => void
}
