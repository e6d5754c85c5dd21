import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { cpuSecondsOf } from './cpu.ts'

/** Those of `npm start`, what a look at memory needs, and extra ones, such as `--cpu-prof`. */
const NODE_ARGUMENTS = ('--max-semi-space-size=16 --heap-growing-percent=50 --expose-gc ' + (process.env.BENCH_NODE_ARGUMENTS ?? '')).split(' ').filter(Boolean)

export interface Child {
  pid: number
  cpuSeconds (): number
  /** Sends a question, answers with the next message. */
  ask<T> (message: object): Promise<T>
  stop (): Promise<void>
}

/** Starts a process of its own; its first message says that it is ready. */
export async function startChild<T> (file: string, ...args: object[]): Promise<Child & { ready: T }> {
  const child = fork(join(import.meta.dirname, file), [JSON.stringify(Object.assign({}, ...args))], { execPath: process.execPath, execArgv: NODE_ARGUMENTS })
  const ready = await message<T>(child)
  return {
    ready,
    pid: child.pid!,
    cpuSeconds: () => cpuSecondsOf(child.pid!),
    ask: question => {
      const answer = message(child)
      child.send(question)
      return answer as Promise<never>
    },
    async stop () {
      if (child.exitCode !== null) return
      const exit = once(child, 'exit')
      child.send({ type: 'stop' })
      await exit
    }
  }
}

async function message<T> (child: ChildProcess): Promise<T> {
  const failed = new AbortController()
  const onExit = (code: number) => failed.abort(new Error(`${child.spawnfile} ended with ${code}`))
  child.once('exit', onExit)
  const [value] = await once(child, 'message', { signal: failed.signal })
  child.off('exit', onExit)
  return value as T
}
