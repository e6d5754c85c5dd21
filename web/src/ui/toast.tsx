import { createContext, use, useMemo, useState, type ReactNode } from 'react'
import { useText } from '../i18n/text.tsx'
import { classes } from './classes.ts'
import { problemWords } from './problem-words.ts'

interface Shown { key: number, text: string, bad: boolean }
interface Toasts { show: (text: string) => void, problem: (error: unknown) => void }

const SHOWN_MS = 6_000
const ToastContext = createContext<Toasts>({ show: () => {}, problem: () => {} })
let count = 0

/** Short words about what was just done, also for those who do not see them. */
export function ToastProvider ({ children }: { children: ReactNode }) {
  const { common } = useText()
  const [shown, setShown] = useState<Shown[]>([])
  const toasts = useMemo(() => {
    const add = (text: string, bad: boolean) => {
      const key = ++count
      setShown(all => [...all, { key, text, bad }])
      setTimeout(() => setShown(all => all.filter(toast => toast.key !== key)), SHOWN_MS)
    }
    return {
      show: (text: string) => add(text, false),
      problem (error: unknown) {
        const { message, hint } = problemWords(error, common)
        add(`${message} ${hint}`, true)
      }
    }
  }, [common])
  return (
    <ToastContext value={toasts}>
      {children}
      <div aria-live='polite' className='pointer-events-none fixed inset-x-0 bottom-4 z-60 flex flex-col items-center gap-2 px-4'>
        {shown.map(({ key, text, bad }) => (
          <p key={key} className={classes('max-w-lg rounded-xl border px-4 py-2.5 text-sm shadow-lg', bad ? 'border-bad/40 bg-bad-soft text-ink' : 'bg-surface text-ink')}>{text}</p>
        ))}
      </div>
    </ToastContext>
  )
}

export function useToast (): Toasts {
  return use(ToastContext)
}
