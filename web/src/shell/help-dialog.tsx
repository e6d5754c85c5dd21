import { useText } from '../i18n/text.tsx'
import { Dialog } from '../ui/dialog.tsx'

/** What the keyboard can do. */
export function HelpDialog ({ onClose }: { onClose: () => void }) {
  const { help } = useText()
  return (
    <Dialog open onClose={onClose} title={help.title}>
      <dl className='grid grid-cols-[auto_1fr] items-baseline gap-x-4 gap-y-2 text-sm'>
        {Object.entries(help.keys).map(([key, what]) => (
          <div key={key} className='contents'>
            <dt><kbd className='rounded-md border bg-raised px-1.5 py-0.5 font-mono text-xs'>{key}</kbd></dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
