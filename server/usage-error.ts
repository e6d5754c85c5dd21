/** A command was called wrongly: it says how to, and exits with 2. Whatever else fails exits with 1. */
export class UsageError extends Error {}

/** `parseArgs` has errors of its own. */
export function isUsageError (error: unknown): boolean {
  return error instanceof UsageError || String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS_')
}
