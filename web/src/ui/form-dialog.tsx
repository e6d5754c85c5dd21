import type { ReactNode } from 'react'
import { useText } from '../i18n/text.tsx'
import { Button } from './button.tsx'
import { Dialog, DialogFoot } from './dialog.tsx'

interface FormDialogProps {
  title: string
  description?: string
  /** The word on the button that sends it. */
  submit: string
  /** What sends it, and how that stands. */
  sending: { mutate: (form: FormData) => void, isPending: boolean, error: unknown }
  onClose: () => void
  children: ReactNode
}

/** A form in a window of its own: its fields, what went wrong, and the two ways out. */
export function FormDialog ({ title, description, submit, sending, onClose, children }: FormDialogProps) {
  const { common } = useText()
  return (
    <Dialog open onClose={onClose} title={title} description={description}>
      <form className='flex flex-col gap-4' onSubmit={event => { event.preventDefault(); sending.mutate(new FormData(event.currentTarget)) }}>
        {children}
        <DialogFoot error={sending.error}>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type='submit' look='primary' busy={sending.isPending}>{submit}</Button>
        </DialogFoot>
      </form>
    </Dialog>
  )
}
