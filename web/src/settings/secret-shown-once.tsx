import { useText } from '../i18n/text.tsx'
import { CopyText } from '../ui/copy-text.tsx'
import { Dialog } from '../ui/dialog.tsx'

/** A secret that the server never shows again. */
export function SecretShownOnce ({ title, secret, onClose }: { title: string, secret: string, onClose: () => void }) {
  const { settings } = useText()
  return (
    <Dialog open insists onClose={onClose} title={title} description={settings.shownOnce}>
      <div className='rounded-lg bg-raised p-3'><CopyText whole text={secret} /></div>
    </Dialog>
  )
}
