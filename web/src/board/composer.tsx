import { useState, type ClipboardEvent } from 'react'
import { useText } from '../i18n/text.tsx'
import { useModels } from '../models/use-models.ts'
import { ApiError } from '../api/client.ts'
import { Button } from '../ui/button.tsx'
import { SelectField, TextArea, TextField } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { Problem } from '../ui/problem.tsx'
import { DryRun } from './dry-run.tsx'
import { EMPTY_DRAFT, toRequest, type Draft } from './draft.ts'
import { ExtraFields } from './extra-fields.tsx'
import { ImageDrop, readPicture } from './image-drop.tsx'
import { ShapeFields } from './shape-fields.tsx'
import { useCreate } from './use-submit.ts'

const MAX_COUNT = 20

/** Where a video begins. What was written stays until it was taken. */
export function Composer () {
  const { composer } = useText()
  const models = useModels()
  const [draft, setDraft] = useState<Draft>(EMPTY_DRAFT)
  const [advanced, setAdvanced] = useState(false)
  const create = useCreate()
  const change = (changes: Partial<Draft>) => setDraft(known => ({ ...known, ...changes }))
  const model = models.data?.find(({ name }) => name === draft.model) ?? models.data?.[0]
  const request = toRequest(draft, model)
  const empty = request.prompt === ''
  const submit = () => {
    if (empty || create.isPending) return
    create.mutate({ request, count: draft.count }, { onSuccess: () => change({ prompt: '', image: undefined, count: 1 }) })
  }
  return (
    <form className='flex flex-col gap-3 rounded-2xl border bg-surface p-4 shadow-sm' aria-label={composer.title} onSubmit={event => { event.preventDefault(); submit() }}>
      <TextArea
        hideLabel label={composer.prompt} id='prompt' value={draft.prompt} maxLength={32_000} rows={2} placeholder={composer.placeholder} problem={problemOf(create.error, 'prompt')}
        onChange={event => change({ prompt: event.target.value })} onPaste={event => pasteImage(event, image => change({ image }))}
        onKeyDown={event => { if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) submit() }}
      />
      <div className='flex flex-wrap items-start gap-2'>
        <SelectField hideLabel label={composer.model} value={model?.name ?? ''} onChange={event => change({ model: event.target.value })} className='w-44' problem={problemOf(create.error, 'model')}>
          {models.data?.map(({ name }) => <option key={name} value={name}>{name}</option>)}
        </SelectField>
        <ShapeFields model={model} shape={draft} onChange={change} />
        {model?.inputs.image !== false && <ImageDrop image={draft.image} onChange={image => change({ image })} />}
        <TextField hideLabel label={composer.count} title={composer.count} type='number' min={1} max={MAX_COUNT} value={draft.count} onChange={event => change({ count: Math.min(MAX_COUNT, Math.max(1, event.target.valueAsNumber || 1)) })} className='w-16' />
        <Button look='quiet' aria-expanded={advanced} onClick={() => setAdvanced(!advanced)}>{composer.advanced}</Button>
        <span className='ml-auto' />
        <DryRun request={request} disabled={empty} count={draft.count} />
        <Button type='submit' look='primary' disabled={empty || create.isPending} title={composer.submitHint}><Icon name='plus' />{draft.count > 1 ? composer.submitMany(draft.count) : composer.submit}</Button>
      </div>
      {advanced && <ExtraFields model={model} extras={draft.extras} onChange={extras => change({ extras })} />}
      <Problem error={create.error} />
      <Problem error={models.error} />
    </form>
  )
}

function problemOf (error: unknown, field: string): string | undefined {
  return error instanceof ApiError ? error.details.find(problem => problem.field === field)?.message : undefined
}

async function pasteImage (event: ClipboardEvent, onImage: (image: Draft['image']) => void): Promise<void> {
  const image = await readPicture(event.clipboardData.files)
  if (image) onImage(image)
}
