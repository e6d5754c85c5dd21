import type { Wish } from '../channels/capability-checks.ts'
import type { Task, TaskOptions } from '../database/tables.ts'
import { inputsOf, type InputKind } from '../media/input-files.ts'
import type { TaskInput } from './task-input.ts'

/** What of the input a channel must be able to do. */
export function wishOf (operation: Wish['operation'], input: TaskInput): Wish {
  const { model, channelId, size, aspectRatio, duration } = input
  return { operation, model, channelId, size, aspectRatio, duration, ...optionWishes(input), ...fileWishes(inputsOf(input).map(({ kind }) => kind)) }
}

/** The same for a task that was accepted before, to be made anew. */
export function wishOfTask (task: Task, files: readonly InputKind[]): Wish {
  return {
    operation: 'create',
    model: task.model,
    size: task.size ?? undefined,
    aspectRatio: task.aspect_ratio ?? undefined,
    duration: task.duration === null ? undefined : Number(task.duration),
    ...optionWishes(task.options),
    ...fileWishes(files)
  }
}

function optionWishes ({ characters, seed, negativePrompt, watermark, strength, style, cameraMotion, fps, audio }: TaskOptions) {
  return {
    characters: characters !== undefined,
    seed: seed !== undefined,
    negativePrompt: negativePrompt !== undefined,
    watermark: watermark !== undefined,
    strength: strength !== undefined,
    style,
    cameraMotion,
    fps,
    audio: audio !== undefined
  }
}

function fileWishes (kinds: readonly InputKind[]) {
  return {
    image: kinds.includes('input'),
    firstFrame: kinds.includes('first_frame'),
    lastFrame: kinds.includes('last_frame'),
    referenceImages: kinds.filter(kind => kind === 'reference').length
  }
}
