import { useId, type ComponentProps, type ReactNode } from 'react'
import { classes } from './classes.ts'

const CONTROL = 'w-full rounded-lg border bg-surface px-3 text-sm text-ink placeholder:text-dim aria-invalid:border-bad'

interface FieldProps { label: string, hint?: ReactNode, problem?: string, hideLabel?: boolean, className?: string }

/** A control with its label, a hint and what is wrong with it, tied together for screen readers. */
export function Field ({ label, hint, problem, hideLabel, className, children }: FieldProps & { children: (ids: { id: string, 'aria-describedby': string | undefined, 'aria-invalid': boolean | undefined }) => ReactNode }) {
  const id = useId()
  const said = problem ?? hint
  return (
    <div className={classes('flex flex-col gap-1', className)}>
      <label htmlFor={id} className={hideLabel ? 'sr-only' : 'text-sm font-medium'}>{label}</label>
      {children({ id, 'aria-describedby': said ? `${id}-said` : undefined, 'aria-invalid': problem ? true : undefined })}
      {said && <p id={`${id}-said`} className={classes('text-xs', problem ? 'text-bad' : 'text-dim')}>{said}</p>}
    </div>
  )
}

export function TextField ({ label, hint, problem, hideLabel, className, ...props }: FieldProps & ComponentProps<'input'>) {
  return (
    <Field {...{ label, hint, problem, hideLabel, className }}>
      {ids => <input {...ids} className={classes(CONTROL, 'h-9')} {...props} />}
    </Field>
  )
}

export function TextArea ({ label, hint, problem, hideLabel, className, ...props }: FieldProps & ComponentProps<'textarea'>) {
  return (
    <Field {...{ label, hint, problem, hideLabel, className }}>
      {ids => <textarea {...ids} dir='auto' className={classes(CONTROL, 'min-h-20 resize-y py-2')} {...props} />}
    </Field>
  )
}

/** The platform's own list: small, and at home on phones and with screen readers. */
export function SelectField ({ label, hint, problem, hideLabel, className, children, ...props }: FieldProps & ComponentProps<'select'>) {
  return (
    <Field {...{ label, hint, problem, hideLabel, className }}>
      {ids => <select {...ids} className={classes(CONTROL, 'h-9 pr-8')} {...props}>{children}</select>}
    </Field>
  )
}
