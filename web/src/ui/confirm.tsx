import { useState } from 'react'
import { useText } from '../i18n/text.tsx'
import { Button, type ButtonProps } from './button.tsx'
import { Dialog } from './dialog.tsx'

interface ConfirmProps { label: string, question: string, /** Red unless said otherwise. */ look?: ButtonProps['look'], onConfirm: () => void }

/** A button for what cannot be undone: it asks once more. */
export function Confirm ({ label, question, look = 'danger', onConfirm }: ConfirmProps) {
  const [asking, setAsking] = useState(false)
  return (
    <>
      <Button size='small' look={look} onClick={() => setAsking(true)}>{label}</Button>
      {asking && <ConfirmDialog label={label} question={question} look={look} onConfirm={onConfirm} onClose={() => setAsking(false)} />}
    </>
  )
}

export function ConfirmDialog ({ label, question, look = 'danger', onConfirm, onClose }: ConfirmProps & { onClose: () => void }) {
  const { common } = useText()
  return (
    <Dialog open onClose={onClose} title={label} description={question}>
      <div className='flex justify-end gap-2'>
        <Button onClick={onClose}>{common.cancel}</Button>
        <Button look={look === 'danger' ? look : 'primary'} onClick={() => { onClose(); onConfirm() }}>{label}</Button>
      </div>
    </Dialog>
  )
}
