import { useState } from 'react'
import { useText } from '../i18n/text.tsx'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

interface ConfirmProps { label: string, question: string, onConfirm: () => void }

/** A button for what cannot be undone: it asks once more. */
export function Confirm ({ label, question, onConfirm }: ConfirmProps) {
  const [asking, setAsking] = useState(false)
  return (
    <>
      <Button size='small' look='danger' onClick={() => setAsking(true)}>{label}</Button>
      {asking && <ConfirmDialog label={label} question={question} onConfirm={onConfirm} onClose={() => setAsking(false)} />}
    </>
  )
}

export function ConfirmDialog ({ label, question, onConfirm, onClose }: ConfirmProps & { onClose: () => void }) {
  const { common } = useText()
  return (
    <Dialog open onClose={onClose} title={label} description={question}>
      <div className='flex justify-end gap-2'>
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button look='danger' onClick={() => { onClose(); onConfirm() }}>{label}</Button>
      </div>
    </Dialog>
  )
}
