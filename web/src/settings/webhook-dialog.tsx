import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, problemAt, unwrap } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import { CheckList } from '../ui/check-list.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import type { Webhook } from './webhooks-page.tsx'

/** What can be told in each format. */
const EVENTS: Readonly<Record<Webhook['format'], Webhook['events']>> = {
  reelay: ['task.created', 'task.processing', 'task.completed', 'task.failed', 'task.cancelled', 'batch.completed'],
  openai: ['video.completed', 'video.failed']
}

/** Makes a webhook, or changes one; its format stays. A new one comes with its secret. */
export function WebhookDialog ({ webhook, onClose, onSaved }: { webhook: Webhook | undefined, onClose: () => void, onSaved: (secret?: string) => void }) {
  const { webhooks: words, common } = useText()
  const [format, setFormat] = useState(webhook?.format ?? 'reelay')
  const save = useMutation({ mutationFn: (form: FormData) => webhook ? change(webhook.id, form) : create(form, format), onSuccess: onSaved })
  const problem = (field: string) => problemAt(save.error, field)
  const [title, submit] = webhook ? [words.edit, common.save] : [words.create, words.create]
  return (
    <FormDialog title={title} description={words.about} submit={submit} sending={save} onClose={onClose}>
      <TextField label='URL' name='url' type='url' required placeholder='https://' defaultValue={webhook?.url} problem={problem('url')} />
      <TextField label={words.name} name='name' maxLength={100} defaultValue={webhook?.name ?? ''} problem={problem('name')} />
      <SelectField label={words.format} value={format} disabled={webhook !== undefined} onChange={event => setFormat(event.target.value as Webhook['format'])}>
        <option value='reelay'>Reelay</option>
        <option value='openai'>OpenAI</option>
      </SelectField>
      <CheckList key={format} legend={words.events} name='events' problem={problem('events') && words.noEvent} choices={EVENTS[format].map(value => ({ value, hint: words.event[value], checked: webhook?.events.includes(value) ?? true }))} />
    </FormDialog>
  )
}

async function create (form: FormData, format: Webhook['format']): Promise<string> {
  const { name, ...settings } = settingsOf(form)
  return (await unwrap(api.POST('/api/webhooks', { body: { ...settings, ...name && { name }, format } }))).secret
}

async function change (id: string, form: FormData): Promise<undefined> {
  await unwrap(api.PATCH('/api/webhooks/{id}', { params: { path: { id } }, body: settingsOf(form) }))
}

function settingsOf (form: FormData) {
  return { url: String(form.get('url')), name: String(form.get('name')) || null, events: form.getAll('events') as Webhook['events'] }
}
