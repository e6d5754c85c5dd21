import fastifyStatic from '@fastify/static'
import Fastify from 'fastify'

/** The files of a folder, as Fastify's own plugin sends them. */
const { root } = JSON.parse(process.argv[2]!) as { root: string }
const app = Fastify()
await app.register(fastifyStatic, { root })
const url = await app.listen({ port: 0, host: '127.0.0.1' })

process.on('disconnect', () => process.exit())
process.on('message', () => process.exit())
process.send!({ url })
