/** Every place where a process can be told to end or stall, in the order in which a task comes by. */
export const FAILPOINTS = [
  'submit.after-claim', 'submit.before-send', 'submit.after-send', 'submit.after-record',
  'confirm.after-look', 'confirm.after-adopt', 'confirm.after-renew',
  'poll.after-fetch', 'poll.after-claim', 'poll.before-ask', 'poll.after-ask', 'poll.before-commit', 'poll.after-commit',
  'save.after-fetch', 'save.after-keep', 'save.after-record',
  'cancel.before-ask', 'cancel.after-ask',
  'webhook.after-send'
] as const

export type FailpointName = typeof FAILPOINTS[number]

type Action = (name: string) => void

interface Armed { name: string, action: Action, subject?: string }

let armed: readonly Armed[] = []

/**
 * Makes the process die, or stall, at named places, so that tests reach windows of a millisecond that random kills miss.
 * `name[=action][@subject]`, comma-separated; actions: `kill` (the default), `abort`, `exit`, `pause:<ms>`.
 * Set from FAILPOINT, which production refuses.
 */
export function armFailpoints (text: string | undefined): void {
  armed = (text ?? '').split(',').filter(Boolean).map(parse)
}

/** Does nothing unless this place is armed, for any subject or for one whose text holds the armed one. */
export function failpoint (name: FailpointName, subject = ''): void {
  for (const point of armed) {
    if (point.name === name && (point.subject === undefined || subject.includes(point.subject))) point.action(name)
  }
}

function parse (text: string): Armed {
  const match = /^([\w.-]+)(?:=(kill|abort|exit|pause:\d+))?(?:@(.+))?$/.exec(text.trim())
  if (!match) throw new Error(`FAILPOINT: "${text}" is not name[=action][@subject]`)
  const [, name, action = 'kill', subject] = match
  if (!(FAILPOINTS as readonly string[]).includes(name!)) throw new Error(`FAILPOINT: there is no ${name}`)
  return { name: name!, action: actionOf(action), subject }
}

function actionOf (action: string): Action {
  switch (action) {
    case 'kill': return () => process.kill(process.pid, 'SIGKILL')
    case 'abort': return () => process.abort()
    case 'exit': return () => process.exit(70)
    default: return () => stall(Number(action.split(':')[1]))
  }
}

/** Blocks the whole process, as a stopped one would be. */
function stall (milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds)
}
