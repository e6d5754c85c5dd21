import { useLayoutEffect, useRef, useState } from 'react'
import { useText } from '../i18n/text.tsx'
import { PromptChanges } from '../remix/prompt-diff-view.tsx'
import { buttonClasses } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'

/** What was asked for, and what that changed about its source. */
export function TaskPrompt ({ prompt, sourcePrompt }: { prompt: string, sourcePrompt: string | undefined }) {
  const { task: words } = useText()
  return (
    <section aria-label={words.prompt} className='flex flex-col gap-3'>
      <Clamped text={prompt} />
      {sourcePrompt !== undefined && sourcePrompt !== prompt && <PromptChanges before={sourcePrompt} after={prompt} />}
    </section>
  )
}

/** A long text begins short: what stands below it stays in sight. */
function Clamped ({ text }: { text: string }) {
  const { common } = useText()
  const [open, setOpen] = useState(false)
  const [long, setLong] = useState(false)
  const paragraph = useRef<HTMLParagraphElement>(null)
  useLayoutEffect(() => {
    if (!open && paragraph.current) setLong(paragraph.current.scrollHeight > paragraph.current.clientHeight)
  }, [text, open])
  return (
    <div>
      <p ref={paragraph} dir='auto' className={classes('whitespace-pre-wrap text-sm wrap-anywhere', !open && 'line-clamp-8')}>{text}</p>
      {long && <button type='button' aria-expanded={open} onClick={() => setOpen(!open)} className={classes(buttonClasses('quiet', 'small'), '-ml-2.5')}>{open ? common.less : common.more}</button>}
    </div>
  )
}
