import type { Behaviour } from './behaviour.ts'

export interface Reply {
  status: number
  headers: Record<string, string | number>
  body: Buffer | string
}

/** An error before a dialect has put it into its own shape. */
export interface ErrorBody {
  message: string
  code: string
  type?: string | undefined
}

export type ErrorShape = NonNullable<Behaviour['errorShape']>

/** A request the sandbox refuses: nothing is made, nothing enters the ledger. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly status: number
  readonly code: string

  constructor (status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export function jsonReply (status: number, value: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json; charset=utf-8' }, body: JSON.stringify(value) }
}

export function errorReply (status: number, error: ErrorBody, shape: ErrorShape = 'openai'): Reply {
  if (shape === 'text') return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: error.message }
  return jsonReply(status, errorShapes[shape](error))
}

const errorShapes: Record<Exclude<ErrorShape, 'text'>, (error: ErrorBody) => unknown> = {
  openai: ({ message, code, type = 'invalid_request_error' }) => ({ error: { message, type, param: null, code } }),
  fastapi: ({ message }) => ({ detail: message }),
  flat: ({ message, code }) => ({ code, message }),
  string: ({ message }) => ({ error: message })
}
