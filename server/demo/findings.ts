import { inspect, isDeepStrictEqual, styleText } from 'node:util'
import { line } from './screen.ts'

/** One thing the report says, and what was found instead. */
export interface Finding { claim: string, differs?: string }

/** Compares what was found with what the report says; the order of keys does not matter. */
export function expectEqual (claim: string, found: unknown, expected: unknown): Finding {
  if (isDeepStrictEqual(found, expected)) return { claim }
  return { claim, differs: `${show(found)} instead of ${show(expected)}` }
}

/** For what has more than one right value: `found` is shown when it is not one of them. */
export function expectThat (claim: string, holds: boolean, found: unknown): Finding {
  return holds ? { claim } : { claim, differs: show(found) }
}

export function printVerdict (findings: readonly Finding[]): void {
  line(styleText('bold', '\n  Verdict'))
  for (const { claim, differs } of findings) {
    line(differs === undefined ? `  ${styleText('green', '✓')} ${claim}` : `  ${styleText('red', '✗')} ${claim}\n      ${differs}`)
  }
  const wrong = findings.filter(({ differs }) => differs !== undefined).length
  line(wrong === 0
    ? `\n  All ${findings.length} answers are the report's.\n`
    : styleText('red', `\n  ${wrong} of ${findings.length} answers differ from the report's.\n`))
}

function show (value: unknown): string {
  return inspect(value, { breakLength: Infinity, depth: 4, maxStringLength: 200 })
}
