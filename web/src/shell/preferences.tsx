import { useState } from 'react'
import { LOCALES } from '../i18n/locale.ts'
import { useLocale, useText } from '../i18n/text.tsx'
import { applyTheme, currentTheme, THEMES } from '../theme.ts'
import { buttonClasses } from '../ui/button.tsx'
import { Icon } from '../ui/icon.tsx'
import { Menu } from '../ui/menu.tsx'

const NAMES = { en: 'English', 'zh-CN': '中文' } as const

/** Language and theme. */
export function Preferences () {
  const { preferences } = useText()
  const { locale, setLocale } = useLocale()
  const [theme, setTheme] = useState(currentTheme)
  return (
    <div className='flex gap-1'>
      <Menu
        label={preferences.language} className={buttonClasses('quiet', 'icon')} trigger={<Icon name='globe' />}
        items={LOCALES.map(name => ({ label: NAMES[name], checked: name === locale, onSelect: () => setLocale(name) }))}
      />
      <Menu
        label={preferences.theme} className={buttonClasses('quiet', 'icon')} trigger={<Icon name='sun' />}
        items={THEMES.map(name => ({ label: preferences[name], checked: name === theme, onSelect: () => { applyTheme(name); setTheme(name) } }))}
      />
    </div>
  )
}
