import { chooseChannel, type Choice } from '../channels/choose-channel.ts'
import type { ServerContext } from '../context.ts'
import { checkOwnCharacters } from '../media/characters.ts'
import { acceptTask, identify, repeatedReceipt, type Requester, type TaskPlan } from './accept-task.ts'
import type { Receipt } from './receipts.ts'
import type { Submissions } from './submissions.ts'
import { checkTaskInput, type TaskInput } from './task-input.ts'
import { wishOf } from './task-wish.ts'

const OPERATION = 'create'

/** Makes a new video. Throws what the client did wrong before anything is written or paid for. */
export async function createTask (context: ServerContext, submissions: Submissions, requester: Requester, input: TaskInput): Promise<Receipt> {
  checkTaskInput(input)
  const request = identify(requester, OPERATION, input)
  const repeated = await repeatedReceipt(context, request)
  if (repeated) return repeated

  return await acceptTask(context, submissions, request, await planNewTask(context, requester.userId, input))
}

/** What is to be made, and where. Throws what the client did wrong. */
export async function planNewTask ({ db, upstreams }: ServerContext, userId: string, input: TaskInput): Promise<TaskPlan> {
  await checkOwnCharacters(db, userId, input.characters ?? [])
  return planCreation(await chooseChannel(db, wishOf(OPERATION, input), upstreams), input)
}

export function planCreation (choice: Choice, input: TaskInput): TaskPlan {
  return { ...choice, kind: 'created', input, metadata: input.metadata ?? {} }
}
