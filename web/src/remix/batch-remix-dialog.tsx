import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, ApiError, unwrap, type Task } from '../api/client.ts'
import type { components } from '../api/schema.d.ts'
import { SENT_AGAIN, sendOnce } from '../api/send-once.ts'
import { useText } from '../i18n/text.tsx'
import { refreshNewest } from '../live/task-lists.ts'
import { shortId } from '../task/short-id.ts'
import { Button } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { Dialog, DialogFoot } from '../ui/dialog.tsx'
import { TextArea } from '../ui/field.tsx'
import { useToast } from '../ui/toast.tsx'
import { useKept } from '../ui/use-kept.ts'
import { useRehearsals } from './use-rehearsals.ts'

type Receipt = components['schemas']['BatchReceipt']

/** What the server takes in one request. */
const MAX_ITEMS = 500

/** Many videos times many prompts: one prompt for all selected, or a line each. */
export function BatchRemixDialog ({ sources, onClose, onDone }: { sources: Task[], onClose: () => void, onDone: (batchId: string) => void }) {
  const { batch: words, common } = useText()
  const client = useQueryClient()
  const [text, setText, forget] = useKept(['prompts for many'], '')
  const prompts = text.split('\n').map(line => line.trim()).filter(Boolean)
  const { obstacles, estimatedSeconds } = useRehearsals(sources)
  const able = sources.filter((_source, index) => !obstacles[index])
  const total = prompts.length * able.length
  const toast = useToast()
  const send = useMutation({
    ...SENT_AGAIN,
    mutationFn: async () => {
      const receipt = await sendOnce({ matrix: { sources: able.map(({ videoId }) => videoId), prompts } }, (body, header) => unwrap(api.POST('/api/video/batches', { params: { header }, body })))
      if (receipt.accepted === 0) throw refusalOf(receipt)
      return receipt
    },
    onSettled: () => { refreshNewest(client).catch(() => {}) },
    onSuccess (receipt) {
      forget()
      toast.show(words.sent(receipt.accepted))
      if (receipt.refused > 0) toast.problem(refusalOf(receipt, error => words.refused(receipt.refused, error)))
      onDone(receipt.batchId)
    }
  })
  return (
    <Dialog open onClose={onClose} title={words.title} description={words.hint}>
      <ul className='flex flex-wrap gap-1.5' aria-label={words.sources}>
        {sources.map((task, index) => <li key={task.videoId} title={obstacles[index]?.message ?? task.prompt} className={classes('max-w-60 truncate rounded-full border px-2.5 py-0.5 text-xs', obstacles[index] && 'text-dim line-through')}>#{shortId(task.videoId)} {task.prompt}</li>)}
      </ul>
      <form className='flex flex-col gap-4' onSubmit={event => { event.preventDefault(); send.mutate() }}>
        <TextArea label={words.prompts} hint={words.promptsHint} value={text} onChange={event => setText(event.target.value)} rows={6} />
        <p className='text-sm font-medium' aria-live='polite'>{words.total(able.length, prompts.length, total)}{total > 0 && estimatedSeconds !== undefined && ` · ${words.takes(estimatedSeconds)}`}</p>
        {able.length < sources.length && <p className='text-sm text-warn'>{words.unable(sources.length - able.length, obstacles.find(Boolean)!.message)}</p>}
        {total > MAX_ITEMS && <p className='text-sm text-bad'>{words.tooMany(MAX_ITEMS)}</p>}
        <DialogFoot error={send.error}>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type='submit' look='primary' disabled={total === 0 || total > MAX_ITEMS || send.isPending}>{words.submit(total)}</Button>
        </DialogFoot>
      </form>
    </Dialog>
  )
}

/** Why the first of the refused ones was. */
function refusalOf ({ items }: Receipt, say = (error: string) => error): ApiError {
  const { code, error = '', hint } = items.find(item => item.code !== undefined) ?? {}
  return new ApiError(422, { code, error: say(error), hint })
}
