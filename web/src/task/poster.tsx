import { useState } from 'react'
import type { Task } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import { classes } from '../ui/classes.ts'
import { Icon } from '../ui/icon.tsx'

/** A picture of the video, which plays without sound while a pointer or the focus is on it. */
export function Poster ({ task, className }: { task: Task, className?: string }) {
  const { task: words } = useText()
  const [playing, setPlaying] = useState(false)
  const start = () => setPlaying(!matchMedia('(prefers-reduced-motion: reduce)').matches)
  const stop = () => setPlaying(false)
  const { videoUrl, thumbnailUrl, prompt } = task
  return (
    <div className={classes('relative grid place-items-center overflow-hidden bg-raised', className)} onPointerEnter={start} onPointerLeave={stop} onFocus={start} onBlur={stop}>
      {videoUrl && (playing || !thumbnailUrl)
        ? <video src={playing ? videoUrl : `${videoUrl}#t=0.1`} poster={thumbnailUrl ?? undefined} muted loop playsInline autoPlay={playing} key={String(playing)} preload='metadata' aria-label={words.videoOf(prompt)} className='absolute inset-0 size-full object-contain' />
        : thumbnailUrl
          ? <img src={thumbnailUrl} alt={words.videoOf(prompt)} loading='lazy' decoding='async' className='absolute inset-0 size-full object-contain' />
          : <Icon name={task.status === 'FAILED' ? 'close' : task.status === 'CANCELLED' ? 'stop' : 'image'} className={classes('size-8 text-dim/60', (task.status === 'PROCESSING' || task.status === 'QUEUED') && 'motion-safe:animate-pulse')} />}
    </div>
  )
}
