import { medianSeconds } from '../cadence/run-time-profiles.ts'
import { capabilitiesOf } from '../channels/choose-channel.ts'
import type { ServerContext } from '../context.ts'
import { warning, type Params, type WarningKey } from '../errors.ts'
import type { Locale } from '../locales/choose-locale.ts'
import { modelFor } from '../upstreams/models.ts'
import type { InputFile } from '../upstreams/upstream.ts'
import type { TaskPlan } from './accept-task.ts'
import { planNewTask } from './create-task.ts'
import { planDerivedTask } from './derive-task.ts'
import { checkTaskInput, optionsOf, type TaskInput } from './task-input.ts'

/** What would happen. */
export interface Rehearsal {
  plan: TaskPlan
  upstreamModel: string
  estimatedSeconds: number | null
  warnings: Array<{ key: WarningKey, params?: Params }>
}

/** Decides about a request, a remix with a source, as if it were meant, and writes and sends nothing. Throws as the real one would. */
export async function rehearseTask (context: ServerContext, userId: string, input: TaskInput, sourceId?: string): Promise<Rehearsal> {
  checkTaskInput(input)
  const plan = sourceId === undefined ? await planNewTask(context, userId, input) : await planDerivedTask(context, userId, 'remix', sourceId, input)
  return {
    plan,
    upstreamModel: modelFor(capabilitiesOf(plan.channel), plan.model)?.upstreamModel ?? plan.model,
    estimatedSeconds: await estimate(context, plan),
    warnings: warningsOf(context, plan)
  }
}

/** From what earlier tasks like it took; null while too few are known. */
async function estimate ({ runTimes }: ServerContext, { channel, model, input: { duration } }: TaskPlan): Promise<number | null> {
  return medianSeconds(await runTimes.find({ channelId: channel.id, model, duration: duration === undefined ? null : String(duration) }))
}

function warningsOf ({ upstreams }: ServerContext, { channel, model, input: { parameters = {} } }: TaskPlan): Rehearsal['warnings'] {
  const { models, createSafety, cancel } = capabilitiesOf(channel)
  const pauseMs = upstreams.pauseMs(channel.id)
  const unchecked = Object.keys(parameters)
  const said: Array<[when: boolean, key: WarningKey, params?: Params]> = [
    [channel.builtin, 'simulated'],
    [pauseMs > 0, 'paused', { seconds: Math.ceil(pauseMs / 1000) }],
    [!Object.hasOwn(models, model), 'modelUnchecked', { model }],
    [unchecked.length > 0, 'parametersUnchecked', { names: unchecked.slice(0, 20).join(', ') }],
    [createSafety === 'none', 'unconfirmable'],
    [!cancel, 'notCancellable']
  ]
  return said.flatMap(([when, key, params]) => when ? [{ key, params }] : [])
}

export function presentRehearsal ({ plan, upstreamModel, estimatedSeconds, warnings }: Rehearsal, locale: Locale) {
  const { channel, model } = plan
  return {
    dryRun: true as const,
    channelId: channel.id,
    channelName: channel.name,
    model,
    upstreamModel,
    request: presentRequest(plan, upstreamModel),
    estimatedSeconds,
    warnings: warnings.map(({ key, params }) => warning(key, locale, params))
  }
}

/** What the adapter would be given, files by what they are. */
function presentRequest ({ input, metadata }: TaskPlan, upstreamModel: string): Record<string, unknown> {
  const { prompt, size, aspectRatio, duration, image, firstFrame, lastFrame, referenceImages } = input
  return {
    operation: metadata.type ?? 'generation',
    remixFrom: metadata.remix_from_external,
    prompt,
    model: upstreamModel,
    size,
    aspectRatio,
    duration,
    ...optionsOf(input),
    inputReference: image && presentFile(image),
    firstFrame: firstFrame && presentFile(firstFrame),
    lastFrame: lastFrame && presentFile(lastFrame),
    referenceImages: referenceImages?.map(presentFile)
  }
}

function presentFile ({ bytes, contentType }: InputFile) {
  return { contentType, bytes: bytes.length }
}
