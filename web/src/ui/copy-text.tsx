import { useText } from '../i18n/text.tsx'
import { useCopy } from './copy.ts'
import { Icon } from './icon.tsx'

/** An id or address that is taken along by a click; `whole`: however long it is. */
export function CopyText ({ text, whole = false }: { text: string, whole?: boolean }) {
  const { common } = useText()
  const copy = useCopy()
  return (
    <button type='button' onClick={() => copy(text)} title={common.copy} className='inline-flex max-w-full items-center gap-1.5 rounded font-mono text-xs hover:text-accent'>
      <span className={whole ? 'text-left wrap-anywhere' : 'truncate'}>{text}</span>
      <Icon name='copy' className='size-3.5 shrink-0' />
    </button>
  )
}
