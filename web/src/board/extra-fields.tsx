import { useText } from '../i18n/text.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import { extraNames, type Draft, type Parameters } from './draft.ts'

type Extras = Draft['extras']
const NUMERIC: Record<string, { min?: number, max?: number, step: number | 'any' }> = { seed: { min: 0, step: 1 }, strength: { min: 0, max: 1, step: 0.05 }, fps: { min: 1, step: 1 } }

/** The advanced parameters that are taken, and no others; a list of choices where the provider has one. */
export function ExtraFields ({ parameters, extras, problem, onChange }: { parameters: Parameters | undefined, extras: Extras, problem: (field: string) => string | undefined, onChange: (extras: Extras) => void }) {
  const names = extraNames(parameters)
  if (names.length === 0) return <NoExtras />
  return (
    <div className='grid gap-3 sm:grid-cols-2 lg:grid-cols-4'>
      {names.map(name => <ExtraField key={name} name={name} choices={(parameters as Record<string, unknown>)[name]} value={extras[name] ?? ''} problem={problem(name)} onChange={value => onChange({ ...extras, [name]: value })} />)}
    </div>
  )
}

function NoExtras () {
  const { composer } = useText()
  return <p className='text-sm text-dim'>{composer.noExtras}</p>
}

function ExtraField ({ name, choices, value, problem, onChange }: { name: string, choices: unknown, value: string, problem: string | undefined, onChange: (value: string) => void }) {
  const { composer } = useText()
  const label = composer.extras[name as keyof typeof composer.extras] ?? name
  const options = Array.isArray(choices) ? choices.map(String) : name === 'audio' || name === 'watermark' ? ['true', 'false'] : undefined
  if (options) {
    return (
      <SelectField label={label} value={value} problem={problem} onChange={event => onChange(event.target.value)}>
        <option value=''>{composer.asProvider}</option>
        {options.map(option => <option key={option} value={option}>{option === 'true' ? composer.yes : option === 'false' ? composer.no : option}</option>)}
      </SelectField>
    )
  }
  const numeric = NUMERIC[name]
  return <TextField label={label} value={value} problem={problem} onChange={event => onChange(event.target.value)} {...numeric && { type: 'number', ...numeric }} placeholder={composer.asProvider} />
}
