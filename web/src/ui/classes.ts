/** Joins class names; what does not hold is left out. */
export function classes (...names: Array<string | false | null | undefined>): string {
  return names.filter(Boolean).join(' ')
}
