export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = typeof THEMES[number]

const KEY = 'reelay:theme'

export function currentTheme (): Theme {
  const chosen = localStorage.getItem(KEY)
  return THEMES.includes(chosen as Theme) ? chosen as Theme : 'system'
}

/** `system` leaves it to the style sheet. */
export function applyTheme (theme: Theme): void {
  localStorage.setItem(KEY, theme)
  if (theme === 'system') document.documentElement.removeAttribute('data-theme')
  else document.documentElement.dataset.theme = theme
}
