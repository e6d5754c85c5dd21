import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, unwrap } from '../api/client.ts'
import type { components } from '../api/schema.d.ts'
import { useText } from '../i18n/text.tsx'
import { Button } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Icon } from '../ui/icon.tsx'
import { Problem } from '../ui/problem.tsx'
import { useToast } from '../ui/toast.tsx'
import { Waiting } from '../ui/waiting.tsx'
import { Deliveries } from './deliveries.tsx'
import { Outcome, Section, SettingsPage } from './page.tsx'
import { SecretShownOnce } from './secret-shown-once.tsx'
import { WebhookDialog } from './webhook-dialog.tsx'

export type Webhook = components['schemas']['Webhook']

export function WebhooksPage () {
  const { webhooks: words, nav } = useText()
  const client = useQueryClient()
  const list = useQuery({ queryKey: ['webhooks'], queryFn: async () => (await unwrap(api.GET('/api/webhooks'))).webhooks })
  const refresh = () => client.invalidateQueries({ queryKey: ['webhooks'] })
  const [editing, setEditing] = useState<Webhook | 'new'>()
  const [secret, setSecret] = useState<string>()
  return (
    <SettingsPage title={nav.webhooks} action={<Button look='primary' onClick={() => setEditing('new')}><Icon name='plus' />{words.create}</Button>}>
      <p className='text-sm text-dim'>{words.about}</p>
      <Problem error={list.error} />
      {list.isPending && !list.error && <Section><Waiting /></Section>}
      {list.data?.map(webhook => <WebhookSection key={webhook.id} webhook={webhook} onChanged={refresh} onEdit={() => setEditing(webhook)} onSecret={setSecret} />)}
      {list.data?.length === 0 && <Section><p className='text-sm text-dim'>{words.none}</p></Section>}
      {editing && <WebhookDialog webhook={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} onSaved={created => { setEditing(undefined); setSecret(created); refresh() }} />}
      {secret && <SecretShownOnce title={words.secret} secret={secret} onClose={() => setSecret(undefined)} />}
    </SettingsPage>
  )
}

function WebhookSection ({ webhook, onChanged, onEdit, onSecret }: { webhook: Webhook, onChanged: () => void, onEdit: () => void, onSecret: (secret: string) => void }) {
  const { webhooks: words, common } = useText()
  const toast = useToast()
  const [open, setOpen] = useState(false)
  const { id, url, name, events, disabled, disabledReason } = webhook
  const path = { params: { path: { id } } }
  const report = { onSuccess: onChanged, onError: toast.problem }
  const test = useMutation({ mutationFn: () => unwrap(api.POST('/api/webhooks/{id}/test', path)), onError: toast.problem })
  const rotate = useMutation({ mutationFn: () => unwrap(api.POST('/api/webhooks/{id}/rotate-secret', path)), onSuccess: ({ secret }) => onSecret(secret), onError: toast.problem })
  const toggle = useMutation({ mutationFn: () => unwrap(api.PATCH('/api/webhooks/{id}', { ...path, body: { disabled: !disabled } })), ...report })
  const remove = useMutation({ mutationFn: () => unwrap(api.DELETE('/api/webhooks/{id}', path)), ...report })
  return (
    <Section>
      <div className='flex flex-wrap items-start gap-3'>
        <div className='min-w-60 flex-1'>
          <h2 className='font-medium wrap-anywhere'>{name ?? url}</h2>
          {name && <p className='text-xs text-dim wrap-anywhere'>{url}</p>}
          <p className='text-xs text-dim'>{events.join(' · ')}</p>
          {disabled && <p className='mt-1 text-sm text-warn'>{words.disabled[disabledReason ?? 'user']}</p>}
        </div>
        <div className='flex flex-wrap gap-1.5'>
          <Button size='small' busy={test.isPending} onClick={() => test.mutate()}>{words.test}</Button>
          <Button size='small' onClick={onEdit}>{words.edit}</Button>
          <Button size='small' onClick={() => toggle.mutate()}>{disabled ? words.enable : words.disable}</Button>
          <Confirm look='plain' label={words.rotate} question={words.rotateQuestion} onConfirm={() => rotate.mutate()} />
          <Button size='small' aria-expanded={open} onClick={() => setOpen(!open)}>{words.deliveries}</Button>
          <Confirm label={common.delete} question={words.deleteQuestion(name ?? url)} onConfirm={() => remove.mutate()} />
        </div>
      </div>
      {test.data && <Outcome ok={test.data.delivered}>{test.data.delivered ? words.testDelivered(test.data.responseStatus ?? 0) : words.testFailed(test.data.error ?? String(test.data.responseStatus))}</Outcome>}
      {open && <Deliveries webhookId={id} />}
    </Section>
  )
}
