import { Link } from 'wouter'
import { useText } from '../i18n/text.tsx'
import { PromptDiff } from '../remix/prompt-diff-view.tsx'
import { nearChange } from '../remix/prompt-diff.ts'
import { StatusBadge } from '../task/status-badge.tsx'
import { classes } from '../ui/classes.ts'
import { Icon } from '../ui/icon.tsx'
import type { LineageNode } from './tree.ts'

interface CardProps { node: LineageNode, parent: LineageNode | undefined, lit: boolean, focused: boolean, picked: boolean, onPick: (videoId: string) => void, onVisit: (videoId: string) => void }

/** One video of a tree: its picture, how it stands, what it changed; a tombstone where it was deleted. */
export function NodeCard ({ node, parent, lit, focused, picked, onPick, onVisit }: CardProps) {
  const { lineage: words } = useText()
  const { videoId, thumbnailUrl, status, prompt, deleted } = node
  if (deleted) return <div className='grid h-full place-items-center rounded-xl border border-dashed bg-canvas text-sm text-dim'>{words.deleted}</div>
  return (
    <div className={classes('flex h-full gap-2 overflow-hidden rounded-xl border-2 bg-surface p-2', focused ? 'border-accent' : lit ? 'border-accent/60' : 'border-line', picked && 'ring-2 ring-warn')}>
      <Link href={`/lineage/${videoId}`} onClick={event => { if (focused) { event.preventDefault(); onVisit(videoId) } }} aria-label={prompt} aria-current={focused ? 'true' : undefined} className='grid w-16 shrink-0 place-items-center overflow-hidden rounded-lg bg-raised'>
        {thumbnailUrl ? <img src={thumbnailUrl} alt='' loading='lazy' className='size-full object-cover' /> : <Icon name='image' className='size-6 text-dim' />}
      </Link>
      <div className='flex min-w-0 flex-1 flex-col gap-1'>
        <div className='flex items-center justify-between'>
          <StatusBadge status={status} />
          {status === 'COMPLETED' && (
            <button type='button' aria-pressed={picked} aria-label={`A/B: ${words.compare}`} title={words.compare} onClick={() => onPick(videoId)} className='nopan rounded px-1 text-xs font-medium text-dim hover:text-accent'>A/B</button>
          )}
        </div>
        {parent && !parent.deleted ? <PromptDiff cut={nearChange} before={parent.prompt} after={prompt} className='line-clamp-2 text-xs' /> : <p dir='auto' className='line-clamp-2 text-xs wrap-anywhere'>{prompt}</p>}
      </div>
    </div>
  )
}
