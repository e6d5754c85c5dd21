import type { Task } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import type { Model } from '../models/use-models.ts'
import { SelectField, TextField } from '../ui/field.tsx'
import type { Draft } from './draft.ts'

type Shape = Pick<Draft, 'aspectRatio' | 'size' | 'duration'>

interface ShapeProps { model: Model | undefined, shape: Shape, /** The video whose shape holds where nothing is chosen; without one the provider's own does. */ source?: Task, problem?: (field: string) => string | undefined, onChange: (shape: Partial<Shape>) => void }

/** Ratio or size, and seconds: what the model offers. */
export function ShapeFields ({ model, shape, source, problem, onChange }: ShapeProps) {
  const { composer } = useText()
  const unsaid = (inherited: string | null | undefined) => inherited ? composer.asSource(inherited) : composer.asProvider
  const ofSource = { aspectRatio: source?.aspectRatio, size: source?.size, duration: source?.duration ? `${source.duration} s` : null }
  const { aspectRatios, sizes, seconds } = model ?? {}
  const form = aspectRatios ? { name: 'aspectRatio', label: composer.ratio, values: aspectRatios } as const : { name: 'size', label: composer.size, values: sizes ?? [] } as const
  return (
    <>
      {form.values.length > 0 && (
        <SelectField hideLabel label={form.label} title={form.label} value={shape[form.name]} problem={problem?.(form.name)} onChange={event => onChange({ [form.name]: event.target.value })}>
          <option value=''>{form.label}: {unsaid(ofSource[form.name])}</option>
          {form.values.map(value => <option key={value} value={value}>{value}</option>)}
        </SelectField>
      )}
      {seconds
        ? (
          <SelectField hideLabel label={composer.seconds} title={composer.seconds} value={shape.duration} problem={problem?.('duration')} onChange={event => onChange({ duration: event.target.value })}>
            <option value=''>{composer.seconds}: {unsaid(ofSource.duration)}</option>
            {seconds.map(value => <option key={value} value={value}>{value} s</option>)}
          </SelectField>)
        : <TextField hideLabel label={composer.seconds} type='number' min={1} max={3600} value={shape.duration} placeholder={ofSource.duration ? `${composer.seconds}: ${unsaid(ofSource.duration)}` : composer.seconds} problem={problem?.('duration')} onChange={event => onChange({ duration: event.target.value })} className={ofSource.duration ? 'w-52' : 'w-28'} />}
    </>
  )
}
