import { ark } from './ark.ts'
import { fal } from './fal.ts'
import type { Dialect } from './job.ts'
import { openai } from './openai.ts'
import type { Protocol } from './protocol.ts'
import { runway } from './runway.ts'
import { soraRelay } from './sora-relay.ts'

export const PROTOCOLS: Readonly<Record<Dialect, Protocol>> = { 'sora-relay': soraRelay, openai, fal, runway, ark }
