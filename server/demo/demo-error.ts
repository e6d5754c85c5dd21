/** Why the report could not be carried to its end: one line for the person at the terminal. */
export class DemoError extends Error {
  override name = 'DemoError'
}
