import type { components } from '../api/schema.d.ts'
import { useText } from '../i18n/text.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Problem } from '../ui/problem.tsx'

export type Plan = components['schemas']['Rehearsal']

/** What the server says it would do. */
export function DryRunDialog ({ plan, error, count, onClose }: { plan: Plan | undefined, error: unknown, count: number, onClose: () => void }) {
  const { composer } = useText()
  return (
    <Dialog open onClose={onClose} title={composer.checkTitle} description={composer.checkHint}>
      <Problem error={error} />
      {plan && (
        <>
          <dl className='grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm'>
            <dt className='text-dim'>{composer.videos}</dt><dd>{count}</dd>
            <dt className='text-dim'>{composer.channel}</dt><dd>{plan.channelName}</dd>
            <dt className='text-dim'>{composer.model}</dt><dd>{plan.model}</dd>
            <dt className='text-dim'>{composer.estimate}</dt><dd>{plan.estimatedSeconds === null ? composer.unknown : composer.about(Math.round(plan.estimatedSeconds))}</dd>
          </dl>
          {plan.warnings.map(warning => <p key={warning} className='rounded-lg bg-warn-soft px-3 py-2 text-sm'>{warning}</p>)}
          <pre tabIndex={0} className='max-h-80 overflow-auto whitespace-pre-wrap rounded-lg bg-raised p-3 text-xs wrap-anywhere'>{JSON.stringify(plan.request, null, 2)}</pre>
        </>
      )}
    </Dialog>
  )
}
