export type MigrationFailure =
  | 'DATABASE_UNREACHABLE' | 'LOGIN_REFUSED' | 'DATABASE_MISSING' | 'URL_INVALID' | 'VERSION_UNSUPPORTED'
  | 'FILES_INVALID' | 'HISTORY_MISMATCH' | 'STATEMENT_FAILED' | 'DATABASE_ERROR'

export interface Place { file?: string, line?: number }

/** Why the migrations could not be applied or read: one line that never holds a password. */
export class MigrationError extends Error {
  override name = 'MigrationError'
  readonly code: MigrationFailure
  readonly file: string | undefined
  readonly line: number | undefined

  constructor (code: MigrationFailure, message: string, { file, line, cause }: Place & { cause?: unknown } = {}) {
    super(message.replace(/\s*\n\s*/g, ' '), { cause })
    this.code = code
    this.file = file
    this.line = line
  }
}
