import { useState } from 'react'
import { problemAt, type Task } from '../api/client.ts'
import { extraNames } from '../board/draft.ts'
import { ExtraFields } from '../board/extra-fields.tsx'
import { ShapeFields } from '../board/shape-fields.tsx'
import { useText } from '../i18n/text.tsx'
import { useModels } from '../models/use-models.ts'
import { Poster } from '../task/poster.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog, DialogFoot } from '../ui/dialog.tsx'
import { TextArea } from '../ui/field.tsx'
import { useToast } from '../ui/toast.tsx'
import { useKept } from '../ui/use-kept.ts'
import { PromptChanges } from './prompt-diff-view.tsx'
import { useRehearsals } from './use-rehearsals.ts'
import { draftOf, useRemix, type RemixDraft } from './use-remix.ts'

/** A new video from a finished one: its prompt to begin with, and what is changed about it, while it is typed. What was written stays until it was taken. */
export function RemixDialog ({ source, onClose }: { source: Task, onClose: () => void }) {
  const { remix: words, common, composer } = useText()
  const [draft, setDraft, forget] = useKept(['remix', source.videoId], draftOf(source))
  const [advanced, setAdvanced] = useState(() => Object.values(draft.extras).some(Boolean))
  const model = useModels().data?.find(({ name }) => name === source.model)
  const taken = model?.channels.find(({ channelId }) => channelId === source.channelId)?.derived.parameters
  const { obstacles: [obstacle], warnings, estimatedSeconds } = useRehearsals([source])
  const send = useRemix(source, taken)
  const toast = useToast()
  const unable = obstacle !== undefined || draft.prompt.trim() === '' || send.isPending
  const problem = (field: string) => problemAt(send.error, field)
  const change = (changes: Partial<RemixDraft>) => {
    // What was wrong may be right now.
    if (send.error) send.reset()
    setDraft(known => ({ ...known, ...changes }))
  }
  const submit = () => {
    if (unable) return
    send.mutate(draft, {
      onSuccess () {
        forget()
        // Its card may be far from where the reader is.
        toast.show(words.sent)
        onClose()
      }
    })
  }
  return (
    <Dialog open onClose={onClose} title={words.title} description={words.hint}>
      <Poster task={source} className='h-48 w-full shrink-0 rounded-xl' />
      <form className='flex flex-col gap-4' onSubmit={event => { event.preventDefault(); submit() }}>
        <TextArea
          label={words.prompt} value={draft.prompt} rows={4} maxLength={32_000} required title={composer.submitHint} problem={problem('prompt')} onChange={event => change({ prompt: event.target.value })}
          onKeyDown={event => { if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) event.currentTarget.form?.requestSubmit() }}
        />
        <PromptChanges before={source.prompt} after={draft.prompt} />
        <div className='flex flex-wrap gap-2'>
          <ShapeFields source={source} model={model} shape={draft} problem={problem} onChange={change} />
          {extraNames(taken).length > 0 && <Button look='quiet' aria-expanded={advanced} onClick={() => setAdvanced(!advanced)}>{composer.advanced}</Button>}
        </div>
        {advanced && <ExtraFields parameters={taken} extras={draft.extras} problem={problem} onChange={extras => change({ extras })} />}
        {estimatedSeconds !== undefined && <p className='text-sm text-dim'>{words.takes(estimatedSeconds)}</p>}
        <Warnings warnings={warnings} />
        <DialogFoot error={send.error ?? obstacle}>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type='submit' look='primary' disabled={unable}>{words.submit}</Button>
        </DialogFoot>
      </form>
    </Dialog>
  )
}

function Warnings ({ warnings }: { warnings: string[] }) {
  const { remix: words } = useText()
  if (warnings.length === 0) return null
  return (
    <details className='text-sm text-dim'>
      <summary className='cursor-pointer'>{words.toKnow}</summary>
      <ul className='mt-1 list-disc pl-5'>{warnings.map(warning => <li key={warning}>{warning}</li>)}</ul>
    </details>
  )
}
