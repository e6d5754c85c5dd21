import { styleText } from 'node:util'
import type { Update } from './follow-task.ts'

const BAR_CELLS = 30
const { stdout } = process

export function line (text: string): void {
  stdout.write(`${text}\n`)
}

export function heading (number: number, text: string): void {
  line(styleText('bold', `\n  ${number}. ${text}`))
}

/** A name and its value, in columns. */
export function fact (name: string, value: string): void {
  line(`     ${styleText('dim', name.padEnd(16))}${value}`)
}

/** What goes over the wire. */
export function quote (value: unknown): void {
  line(JSON.stringify(value, null, 2).replace(/^/gm, '     '))
}

/** Shows how a task gets on: a bar that moves, or a line for each change where nothing can. */
export function progressBar (): (update: Update) => void {
  let shown = ''
  return ({ progress, status }) => {
    const ended = status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED'
    const text = `     ${bar(progress)} ${String(progress).padStart(3)} %  ${status.padEnd(10)}`
    if (text === shown) return
    shown = text
    stdout.write(stdout.isTTY ? `\r${text}${ended ? '\n' : ''}` : `${text.trimEnd()}\n`)
  }
}

/** The report's table, row by row: time, progress, status, note. */
export function progressTable (): (update: Update) => void {
  const notes = noteTaker()
  let shown: string | undefined
  return update => {
    const state = `${update.progress} ${update.status}`
    if (state === shown) return
    if (shown === undefined) line(styleText('dim', '     time      progress  status      note'))
    shown = state
    const time = update.at.toTimeString().slice(0, 8)
    line(`     ${time}  ${String(update.progress).padStart(6)} %  ${update.status.padEnd(10)}  ${notes(update)}`.trimEnd())
  }
}

/** The report's remarks, each made once. */
function noteTaker (): (update: Update) => string {
  let first: Update | undefined
  const said = new Set<string>()
  const once = (note: string) => said.has(note) ? '' : (said.add(note), note)
  return update => {
    if (!first) {
      first = update
      return 'task created'
    }
    if (update.status === 'COMPLETED') return `${seconds(update.at.getTime() - first.at.getTime())} in all`
    if (update.status !== 'PROCESSING' || update.progress === 0) return ''
    return once('the poller has started') || (update.progress >= 90 ? once('about to finish') : '')
  }
}

function bar (progress: number): string {
  const full = Math.round(progress * BAR_CELLS / 100)
  return styleText('cyan', '█'.repeat(full)) + styleText('dim', '░'.repeat(BAR_CELLS - full))
}

function seconds (milliseconds: number): string {
  return milliseconds < 100_000 ? `${(milliseconds / 1_000).toFixed(1)} s` : `${Math.round(milliseconds / 60_000)} minutes`
}
