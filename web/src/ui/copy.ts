import { useText } from '../i18n/text.tsx'
import { useToast } from './toast.tsx'

/** Copies a text, and says whether that was allowed. */
export function useCopy (): (text: string) => void {
  const { common } = useText()
  const toast = useToast()
  return text => { copy(text).then(() => toast.show(common.copied), () => toast.show(common.notCopied)) }
}

/** Without a secure origin there is no clipboard. Throws where the browser refuses. */
async function copy (text: string): Promise<void> {
  if (navigator.clipboard) return await navigator.clipboard.writeText(text)
  const field = document.body.appendChild(document.createElement('textarea'))
  field.value = text
  field.select()
  const copied = document.execCommand('copy')
  field.remove()
  if (!copied) throw new Error('Copying was refused')
}
