import type { Wish } from '../channels/capability-checks.ts'
import type { Task, TaskOptions } from '../database/tables.ts'
import { inputsOf, type InputKind } from '../media/input-files.ts'
import type { TaskInput } from './task-input.ts'

/** What of the input a channel must be able to do. */
export function wishOf (operation: Wish['operation'], input: TaskInput): Wish {
  const { model, channelId, size, aspectRatio, duration } = input
  return { operation, model, channelId, size, aspectRatio, duration, ...optionWishes(input), ...fileWishes(inputsOf(input).map(({ kind }) => kind)) }
}

/** What such a wish is read from. */
type Accepted = Pick<Task, 'type' | 'model' | 'channel_id' | 'channel_named' | 'size' | 'aspect_ratio' | 'duration' | 'options'>

/** The same for a task that was accepted before and has no source, to be made anew. */
export function wishOfTask (task: Accepted, files: readonly InputKind[]): Wish {
  return {
    operation: task.type === 'generation' ? 'create' : task.type,
    model: task.model,
    channelId: task.channel_named ? task.channel_id : undefined,
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
