import { useId, type ReactNode } from 'react'

interface CheckListProps { legend: string, name: string, /** With whether each is checked to begin with. */ choices: ReadonlyArray<{ value: string, hint?: ReactNode, checked: boolean }>, problem?: string }

/** Several of a few, as a form sends them: one field of the name for each that is checked. */
export function CheckList ({ legend, name, choices, problem }: CheckListProps) {
  const id = useId()
  return (
    <fieldset className='flex flex-col gap-1.5' aria-describedby={id}>
      <legend className='mb-1 text-sm font-medium'>{legend}</legend>
      {choices.map(({ value, hint, checked }) => (
        <label key={value} className='flex items-center gap-2 text-sm'>
          <input type='checkbox' name={name} value={value} defaultChecked={checked} className='size-4 accent-accent' />
          <code>{value}</code>{hint && <span className='text-dim'>{hint}</span>}
        </label>
      ))}
      <p id={id} className='text-xs text-bad'>{problem}</p>
    </fieldset>
  )
}
