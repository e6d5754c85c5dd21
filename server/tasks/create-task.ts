import type { Wish } from '../channels/capability-checks.ts'
import { chooseChannel, type Choice } from '../channels/choose-channel.ts'
import type { ServerContext } from '../context.ts'
import { checkOwnCharacters } from '../media/characters.ts'
import { acceptTask, identify, repeatedReceipt, type Requester, type TaskPlan } from './accept-task.ts'
import type { Receipt } from './receipts.ts'
import type { Submissions } from './submissions.ts'
import { checkTaskInput, type TaskInput } from './task-input.ts'

const OPERATION = 'create'

/** Makes a new video. Throws what the client did wrong before anything is written or paid for. */
export async function createTask (context: ServerContext, submissions: Submissions, requester: Requester, input: TaskInput): Promise<Receipt> {
  checkTaskInput(input)
  const request = identify(requester, OPERATION, input)
  const repeated = await repeatedReceipt(context, request)
  if (repeated) return repeated

  await checkOwnCharacters(context.db, requester.userId, input.characters ?? [])
  const choice = await chooseChannel(context.db, wishOf(OPERATION, input), context.upstreams.sandboxServes)
  return await acceptTask(context, submissions, request, planCreation(choice, input))
}

export function planCreation (choice: Choice, input: TaskInput): TaskPlan {
  return { ...choice, kind: 'created', input, metadata: input.metadata ?? {} }
}

/** What of the input a channel must be able to do. */
export function wishOf (operation: Wish['operation'], input: TaskInput): Wish {
  return {
    operation,
    model: input.model,
    channelId: input.channelId,
    size: input.size,
    aspectRatio: input.aspectRatio,
    duration: input.duration,
    image: input.image !== undefined,
    characters: input.characters !== undefined,
    seed: input.seed !== undefined,
    negativePrompt: input.negativePrompt !== undefined
  }
}
