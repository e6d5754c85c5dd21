import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App, prepareApp } from './app.tsx'
import { loadMessages } from './i18n/text.tsx'
import './styles.css'
import { applyTheme, currentTheme } from './theme.ts'

applyTheme(currentTheme())
prepareApp()
const messages = await loadMessages()
createRoot(document.getElementById('root')!).render(<StrictMode><App messages={messages} /></StrictMode>)
