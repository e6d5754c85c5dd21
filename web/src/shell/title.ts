import { useEffect } from 'react'

const BRAND = 'Reelay'
let page = ''
let running = 0

/** The page's name in the tab, for as long as it is shown. */
export function usePageTitle (title: string): void {
  useEffect(() => {
    page = title
    show()
    return () => { page = ''; show() }
  }, [title])
}

/** How many tasks run, before everything else: a tab is narrow. */
export function useRunningInTitle (count: number): void {
  useEffect(() => {
    running = count
    show()
    return () => { running = 0; show() }
  }, [count])
}

function show (): void {
  const name = page ? `${page} · ${BRAND}` : BRAND
  document.title = running > 0 ? `(${running}) ${name}` : name
}
