import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, unwrapAs, type Task } from '../api/client.ts'
import { SENT_AGAIN, sendOnce } from '../api/send-once.ts'
import { ShapeFields } from '../board/shape-fields.tsx'
import { useText } from '../i18n/text.tsx'
import { refreshNewest } from '../live/task-lists.ts'
import { useModels } from '../models/use-models.ts'
import { Poster } from '../task/poster.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { TextArea } from '../ui/field.tsx'
import { Problem } from '../ui/problem.tsx'
import { PromptDiff } from './prompt-diff-view.tsx'
import { useRehearsals } from './use-rehearsals.ts'

/** A new video from a finished one: its prompt to begin with, and what is changed about it, while it is typed. */
export function RemixDialog ({ source, onClose }: { source: Task, onClose: () => void }) {
  const { remix: words, common } = useText()
  const client = useQueryClient()
  const [prompt, setPrompt] = useState(source.prompt)
  const [shape, setShape] = useState({ aspectRatio: '', size: '', duration: '' })
  const model = useModels().data?.find(({ name }) => name === source.model)
  const send = useMutation({
    ...SENT_AGAIN,
    mutationFn: () => sendOnce(
      { videoId: source.videoId, prompt: prompt.trim(), ...shape.aspectRatio && { aspectRatio: shape.aspectRatio }, ...shape.size && { size: shape.size }, ...shape.duration && { duration: Number(shape.duration) } },
      ({ videoId, ...body }, header) => unwrapAs<unknown>(api.POST('/api/video/tasks/{videoId}/remix', { params: { path: { videoId }, header }, body }))
    ),
    onSettled: () => { refreshNewest(client).catch(() => {}) },
    onSuccess: onClose
  })
  const { obstacles: [obstacle], warnings, estimatedSeconds } = useRehearsals([source])
  return (
    <Dialog open onClose={onClose} title={words.title} description={words.hint}>
      <Poster task={source} className='h-48 w-full rounded-xl' />
      <form className='flex flex-col gap-4' onSubmit={event => { event.preventDefault(); send.mutate() }}>
        <TextArea label={words.prompt} value={prompt} onChange={event => setPrompt(event.target.value)} rows={4} maxLength={32_000} required />
        <section aria-label={words.changes}>
          <h3 className='mb-1 text-xs font-medium text-dim'>{words.changes}</h3>
          {prompt.trim() === source.prompt.trim() ? <p className='text-sm text-dim'>{words.unchanged}</p> : <PromptDiff before={source.prompt} after={prompt} />}
        </section>
        <div className='flex flex-wrap gap-2'><ShapeFields source={source} model={model} shape={shape} onChange={changes => setShape({ ...shape, ...changes })} /></div>
        {estimatedSeconds !== undefined && <p className='text-sm text-dim'>{words.takes(estimatedSeconds)}</p>}
        {warnings.length > 0 && (
          <details className='text-sm text-dim'>
            <summary className='cursor-pointer'>{words.toKnow}</summary>
            <ul className='mt-1 list-disc pl-5'>{warnings.map(warning => <li key={warning}>{warning}</li>)}</ul>
          </details>
        )}
        <Problem error={send.error ?? obstacle} />
        <div className='flex justify-end gap-2'>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type='submit' look='primary' disabled={obstacle !== undefined || prompt.trim() === '' || send.isPending}>{words.submit}</Button>
        </div>
      </form>
    </Dialog>
  )
}
