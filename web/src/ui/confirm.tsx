import { useState } from 'react'
import { useText } from '../i18n/text.tsx'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

/** A button for what cannot be undone: it asks once more. */
export function Confirm ({ label, question, onConfirm }: { label: string, question: string, onConfirm: () => void }) {
  const { common } = useText()
  const [asking, setAsking] = useState(false)
  return (
    <>
      <Button size='small' look='danger' onClick={() => setAsking(true)}>{label}</Button>
      {asking && (
        <Dialog open onClose={() => setAsking(false)} title={label} description={question}>
          <div className='flex justify-end gap-2'>
            <Button onClick={() => setAsking(false)}>{common.cancel}</Button>
            <Button look='danger' onClick={() => { setAsking(false); onConfirm() }}>{label}</Button>
          </div>
        </Dialog>
      )}
    </>
  )
}
