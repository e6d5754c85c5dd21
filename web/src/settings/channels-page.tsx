import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, unwrap } from '../api/client.ts'
import type { components } from '../api/schema.d.ts'
import { useText } from '../i18n/text.tsx'
import { Button } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { Confirm } from '../ui/confirm.tsx'
import { Icon } from '../ui/icon.tsx'
import { Problem } from '../ui/problem.tsx'
import { useToast } from '../ui/toast.tsx'
import { Waiting } from '../ui/waiting.tsx'
import { ChannelDialog } from './channel-dialog.tsx'
import { ChannelHealth } from './channel-health.tsx'
import { Outcome, Section, SettingsPage } from './page.tsx'

export type Channel = components['schemas']['Channel']

/** The upstream accounts, for administrators. Their keys go in and never come out. */
export function ChannelsPage () {
  const { channels: words, nav } = useText()
  const client = useQueryClient()
  const list = useQuery({ queryKey: ['channels'], queryFn: async () => (await unwrap(api.GET('/api/channels'))).channels })
  const refresh = () => { client.invalidateQueries({ queryKey: ['channels'] }); client.invalidateQueries({ queryKey: ['models'] }) }
  const [editing, setEditing] = useState<Channel | 'new'>()
  return (
    <SettingsPage title={nav.channels} action={<Button look='primary' onClick={() => setEditing('new')}><Icon name='plus' />{words.create}</Button>}>
      <Problem error={list.error} />
      {list.isPending && !list.error && <Section><Waiting /></Section>}
      {list.data?.map(channel => <ChannelSection key={channel.id} channel={channel} onChanged={refresh} onEdit={() => setEditing(channel)} />)}
      {list.data?.length === 0 && <Section><p className='text-sm text-dim'>{words.none}</p></Section>}
      {editing && <ChannelDialog channel={editing === 'new' ? undefined : editing} onClose={() => setEditing(undefined)} onSaved={() => { setEditing(undefined); refresh() }} />}
    </SettingsPage>
  )
}

function ChannelSection ({ channel, onChanged, onEdit }: { channel: Channel, onChanged: () => void, onEdit: () => void }) {
  const { channels: words, common } = useText()
  const toast = useToast()
  const { id: channelId, name, type, source, enabled, baseUrl, models } = channel
  const path = { params: { path: { channelId } } }
  const report = { onSuccess: onChanged, onError: toast.problem }
  const test = useMutation({ mutationFn: () => unwrap(api.POST('/api/channels/{channelId}/test', path)), onError: toast.problem })
  const toggle = useMutation({ mutationFn: () => unwrap(api.PATCH('/api/channels/{channelId}', { ...path, body: { enabled: !enabled } })), ...report })
  const remove = useMutation({ mutationFn: () => unwrap(api.DELETE('/api/channels/{channelId}', path)), ...report })
  const builtin = source === 'builtin'
  return (
    <Section>
      <div className='flex flex-wrap items-start gap-3'>
        <div className='min-w-60 flex-1'>
          <h2 className='flex items-center gap-2 font-medium'>
            {name}
            <span className={classes('rounded-full px-2 py-0.5 text-xs', enabled ? 'bg-ok-soft text-ok' : 'bg-raised text-dim')}>{enabled ? words.enabled : words.disabled}</span>
          </h2>
          <p className='text-xs text-dim wrap-anywhere'>{type} · {words.source[source]}{baseUrl && ` · ${baseUrl}`}</p>
          {models && <p className='text-xs text-dim'>{models.join(' · ')}</p>}
        </div>
        <div className='flex flex-wrap gap-1.5'>
          <Button size='small' busy={test.isPending} onClick={() => test.mutate()}>{words.test}</Button>
          {!builtin && <Button size='small' onClick={() => toggle.mutate()}>{enabled ? words.disable : words.enable}</Button>}
          {source === 'api' && <Button size='small' onClick={onEdit}>{words.edit}</Button>}
          {source === 'api' && <Confirm label={common.delete} question={words.deleteQuestion(name)} onConfirm={() => remove.mutate()} />}
        </div>
      </div>
      {test.data && <Outcome ok={test.data.ok}>{test.data.ok ? words.testOk(test.data.latencyMs) : words.testBad(test.data.error?.message ?? '')}</Outcome>}
      <ChannelHealth channelId={channelId} />
    </Section>
  )
}
