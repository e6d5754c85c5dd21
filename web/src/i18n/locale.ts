export const LOCALES = ['en', 'zh-CN'] as const
export type Locale = typeof LOCALES[number]

const KEY = 'reelay:locale'

/** The chosen language; else the first of the browser's that we have. */
export function currentLocale (): Locale {
  const chosen = localStorage.getItem(KEY)
  if (LOCALES.includes(chosen as Locale)) return chosen as Locale
  return navigator.languages.some(language => language.toLowerCase().startsWith('zh')) ? 'zh-CN' : 'en'
}

export function chooseLocale (locale: Locale): void {
  localStorage.setItem(KEY, locale)
}
