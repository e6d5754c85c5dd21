import { randomBytes } from 'node:crypto'
import fp from 'fastify-plugin'
import { ensureSandboxChannel, syncEnvChannel } from '../server/channels/channel-repository.ts'
import { Upstreams, type SandboxAddress } from '../server/channels/upstreams.ts'
import type { Config } from '../server/config.ts'
import { createPostgresStore } from '../server/sandbox/postgres-store.ts'
import { startSandbox } from '../server/sandbox/server.ts'
import { createEgress, type Egress } from '../server/upstreams/egress.ts'

declare module 'fastify' {
  interface FastifyInstance {
    egress: Egress
    upstreams: Upstreams
  }
}

export default fp(async function upstreamsPlugin (fastify) {
  const { config, db, secrets } = fastify
  const egress = createEgress()
  fastify.release('egress', () => egress.close())

  let sandbox: SandboxAddress | undefined
  if (sandboxRuns(config)) {
    await ensureSandboxChannel(db)
    // A key of its own, so that no other program of this machine can use it.
    const apiKey = randomBytes(24).toString('base64url')
    const { url, close } = await startSandbox({ store: createPostgresStore(db), durationMs: config.SANDBOX_DURATION_MS, apiKey })
    sandbox = { url, apiKey }
    fastify.release('sandbox', close)
  }
  await syncEnvChannel(db, config, secrets.encryption)

  fastify.decorate('egress', egress)
  fastify.decorate('upstreams', new Upstreams(db, egress, secrets.encryption, () => sandbox))
}, { name: 'upstreams', fastify: '5.x', dependencies: ['closing', 'database'] })

/** With `auto` it also runs beside real channels: it goes on serving the tasks it has (DESIGN §10). */
function sandboxRuns ({ SANDBOX, production }: Config): boolean {
  return SANDBOX === 'on' || (SANDBOX === 'auto' && !production)
}
