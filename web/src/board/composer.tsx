import { useState } from 'react'
import { useText } from '../i18n/text.tsx'
import { useModels, useNothingOffered } from '../models/use-models.ts'
import { problemAt } from '../api/client.ts'
import { Button } from '../ui/button.tsx'
import { SelectField, TextArea, TextField } from '../ui/field.tsx'
import { Icon } from '../ui/icon.tsx'
import { Problem } from '../ui/problem.tsx'
import { useToast } from '../ui/toast.tsx'
import { useKept } from '../ui/use-kept.ts'
import { DryRun } from './dry-run.tsx'
import { countOf, EMPTY_DRAFT, MAX_COUNT, toRequest, type Draft } from './draft.ts'
import { ExtraFields } from './extra-fields.tsx'
import { PictureSlot } from './picture-slot.tsx'
import { NO_PICTURES, SLOTS } from './pictures.ts'
import { ShapeFields } from './shape-fields.tsx'
import { usePictures } from './use-pictures.ts'
import { useCreate } from './use-submit.ts'

/** Where a video begins. What was written stays until it was taken. `unseen`: what is made may not be among the cards that are shown. */
export function Composer ({ unseen, onBatch }: { unseen: boolean, onBatch: (batchId: string) => void }) {
  const { composer, batch } = useText()
  const toast = useToast()
  const models = useModels()
  const [draft, setDraft] = useKept(['draft'], EMPTY_DRAFT)
  const count = countOf(draft)
  const [advanced, setAdvanced] = useState(() => Object.values(draft.extras).some(Boolean))
  const nothingOffered = useNothingOffered()
  const create = useCreate()
  const change = (changes: Partial<Draft>) => {
    // What was wrong may be right now.
    if (create.error) create.reset()
    setDraft(known => ({ ...known, ...changes }))
  }
  const settleCount = () => { if (draft.count !== String(count)) change({ count: String(count) }) }
  const model = models.data?.find(({ name }) => name === draft.model) ?? models.data?.[0]
  const request = toRequest(draft, model)
  const { room, refused, add, remove } = usePictures(model, draft.pictures, pictures => change({ pictures }))
  const empty = request.prompt === ''
  const problem = (field: string) => problemAt(create.error, field)
  const submit = () => {
    if (empty || create.isPending) return
    create.mutate({ request, count }, {
      onSuccess ({ batchId }) {
        // What was written since is the next one.
        setDraft(known => ({ ...known, prompt: known.prompt === draft.prompt ? '' : known.prompt, pictures: known.pictures === draft.pictures ? NO_PICTURES : known.pictures, count: '1' }))
        if (unseen) toast.show(batch.sent(count))
        if (batchId) onBatch(batchId)
      }
    })
  }
  return (
    <form className='flex flex-col gap-3 rounded-2xl border bg-surface p-4 shadow-sm' aria-label={composer.title} onSubmit={event => { event.preventDefault(); submit() }} onDragOver={event => event.preventDefault()} onDrop={event => { if (event.dataTransfer.files.length > 0) { event.preventDefault(); add(event.dataTransfer.files) } }}>
      <TextArea
        hideLabel label={composer.prompt} value={draft.prompt} maxLength={32_000} rows={2} placeholder={composer.placeholder} problem={problem('prompt')}
        onChange={event => change({ prompt: event.target.value })} onPaste={event => { if (event.clipboardData.files.length > 0) add(event.clipboardData.files) }}
        onKeyDown={event => { if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) event.currentTarget.form?.requestSubmit() }}
      />
      <div className='flex flex-wrap items-start gap-2'>
        {!nothingOffered && (
          <SelectField hideLabel label={composer.model} value={model?.name ?? ''} onChange={event => change({ model: event.target.value })} className='w-44' problem={problem('model')}>
            {models.data?.map(({ name }) => <option key={name} value={name}>{name}</option>)}
          </SelectField>
        )}
        <ShapeFields model={model} shape={draft} problem={problem} onChange={change} />
        {SLOTS.map(slot => room[slot] > 0 && <PictureSlot key={slot} label={slot === 'first' && !model?.inputs.firstFrame ? composer.image : composer.slots[slot]} pictures={draft.pictures[slot].slice(0, room[slot])} room={room[slot]} onAdd={files => add(files, slot)} onRemove={picture => remove(slot, picture)} />)}
        <div className='flex items-center gap-1.5 text-sm text-dim' title={composer.count}>
          <span aria-hidden>×</span>
          <TextField hideLabel label={composer.count} type='number' min={1} max={MAX_COUNT} value={draft.count} onChange={event => change({ count: event.target.value })} onBlur={settleCount} onKeyDown={event => { if (event.key === 'Enter') settleCount() }} className='w-16' />
        </div>
        <Button look='quiet' aria-expanded={advanced} onClick={() => setAdvanced(!advanced)}>{composer.advanced}</Button>
        <div className='ml-auto flex gap-2'>
          <DryRun request={request} disabled={empty} count={count} />
          <Button type='submit' look='primary' disabled={empty || create.isPending} title={composer.submitHint}><Icon name='plus' />{count > 1 ? composer.submitMany(count) : composer.submit}</Button>
        </div>
      </div>
      {advanced && <ExtraFields parameters={model?.parameters} extras={draft.extras} problem={problem} onChange={extras => change({ extras })} />}
      {refused && <p role='alert' className='text-xs text-bad'>{composer.imageRefused}</p>}
      {nothingOffered && <p className='text-sm text-warn'>{composer.nothingOffered}</p>}
      <Problem error={create.error} />
      <Problem error={models.error} />
    </form>
  )
}
