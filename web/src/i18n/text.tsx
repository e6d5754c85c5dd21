import { createContext, use, useEffect, useMemo, useState, type ReactNode } from 'react'
import type { Messages } from './en.ts'
import { chooseLocale, currentLocale, type Locale } from './locale.ts'

const LOADERS: Record<Locale, () => Promise<Messages>> = {
  en: async () => (await import('./en.ts')).en,
  'zh-CN': async () => (await import('./zh-cn.ts')).zhCN
}

interface Text { locale: Locale, messages: Messages, setLocale: (locale: Locale) => void }

const TextContext = createContext<Text | undefined>(undefined)

/** Loads one language before anything is shown, and another when it is chosen. */
export function TextProvider ({ initial, children }: { initial: Messages, children: ReactNode }) {
  const [{ locale, messages }, show] = useState({ locale: currentLocale(), messages: initial })
  useEffect(() => { document.documentElement.lang = locale }, [locale])
  const text = useMemo(() => ({
    locale,
    messages,
    async setLocale (next: Locale) {
      chooseLocale(next)
      show({ locale: next, messages: await LOADERS[next]() })
    }
  }), [locale, messages])
  return <TextContext value={text}>{children}</TextContext>
}

export function loadMessages (): Promise<Messages> {
  return LOADERS[currentLocale()]()
}

/** Every word a person reads. */
export function useText (): Messages {
  return use(TextContext)!.messages
}

export function useLocale (): Pick<Text, 'locale' | 'setLocale'> {
  return use(TextContext)!
}
