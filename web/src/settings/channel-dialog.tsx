import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { api, problemAt, unwrap } from '../api/client.ts'
import type { paths } from '../api/schema.d.ts'
import { useText } from '../i18n/text.tsx'
import { SelectField, TextField } from '../ui/field.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import type { Channel } from './channels-page.tsx'

type NewChannel = paths['/api/channels']['post']['requestBody']['content']['application/json']

/** Said once more, so that there is an order; what the server knows and this does not is no program. */
const TYPES = Object.keys({ openai: true, 'sora-relay': true, fal: true, runway: true, ark: true } satisfies Record<NewChannel['type'], true>) as Array<NewChannel['type']>
const DIALECTS = Object.keys({ openai: true, azure: true, litellm: true, sglang: true, 'vllm-omni': true, 'new-api': true, inworld: true, generic: true } satisfies Record<NonNullable<Channel['dialect']>, true>)
/** Whose protocol others speak in their own way. */
const SPOKEN: NewChannel['type'] = 'openai'
const NUMBERS = ['priority', 'weight', 'concurrency', 'requestsPerMinute'] as const

/** Adds a channel, or changes one; an empty key field leaves the key as it is. */
export function ChannelDialog ({ channel, onClose, onSaved }: { channel: Channel | undefined, onClose: () => void, onSaved: () => void }) {
  const { channels: words, common } = useText()
  const [type, setType] = useState(channel?.type ?? TYPES[0]!)
  const save = useMutation({ mutationFn: (form: FormData) => channel ? change(channel.id, form) : create(form), onSuccess: onSaved })
  const problem = (field: string) => problemAt(save.error, field)
  return (
    <FormDialog title={channel ? words.edit : words.create} submit={common.save} sending={save} onClose={onClose}>
      <div className='grid gap-4 sm:grid-cols-2'>
        <TextField label={words.name} name='name' required defaultValue={channel?.name} problem={problem('name')} />
        <SelectField label={words.type} name='type' value={type} onChange={event => setType(event.target.value as NewChannel['type'])} disabled={channel !== undefined}>{TYPES.map(type => <option key={type}>{type}</option>)}</SelectField>
      </div>
      <TextField label={words.baseUrl} name='baseUrl' type='url' required defaultValue={channel?.baseUrl ?? undefined} problem={problem('baseUrl')} />
      <TextField label={words.apiKey} name='apiKey' type='password' autoComplete='off' required={!channel} hint={channel ? words.keyKept : words.keyHint} problem={problem('apiKey')} />
      <TextField label={words.models} name='models' defaultValue={channel?.models?.join(', ')} hint={words.modelsHint} problem={problem('models')} />
      <div className='grid gap-4 sm:grid-cols-3'>
        {type === SPOKEN && (
          <SelectField label={words.dialect} name='dialect' defaultValue={channel?.dialect ?? ''} problem={problem('dialect')}>
            <option value=''>—</option>
            {DIALECTS.map(dialect => <option key={dialect}>{dialect}</option>)}
          </SelectField>
        )}
        {NUMBERS.map(name => <TextField key={name} label={words.numbers[name]} name={name} type='number' defaultValue={channel?.[name] ?? undefined} problem={problem(name)} />)}
      </div>
    </FormDialog>
  )
}

function create (form: FormData) {
  const given = Object.fromEntries(Object.entries(settings(form)).filter(([, value]) => value !== null))
  return unwrap(api.POST('/api/channels', { body: { ...given, type: form.get('type'), apiKey: String(form.get('apiKey')) } as NewChannel }))
}

function change (channelId: string, form: FormData) {
  const apiKey = String(form.get('apiKey'))
  return unwrap(api.PATCH('/api/channels/{channelId}', { params: { path: { channelId } }, body: { ...settings(form), ...apiKey && { apiKey } } }))
}

/** What was filled in; null takes back what stood there. */
function settings (form: FormData) {
  const models = String(form.get('models')).split(',').map(name => name.trim()).filter(Boolean)
  const number = (name: string) => form.get(name) ? Number(form.get(name)) : null
  return {
    name: String(form.get('name')),
    baseUrl: String(form.get('baseUrl')),
    models: models.length > 0 ? models : null,
    dialect: form.get('dialect') ? String(form.get('dialect')) : null,
    priority: number('priority') ?? undefined,
    weight: number('weight') ?? undefined,
    concurrency: number('concurrency'),
    requestsPerMinute: number('requestsPerMinute')
  }
}
