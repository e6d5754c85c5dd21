import { useQuery } from '@tanstack/react-query'
import { useRef } from 'react'
import { useText } from '../i18n/text.tsx'
import { PromptDiff } from '../remix/prompt-diff-view.tsx'
import { fetchTask } from '../task/fetch-task.ts'
import { shortId } from '../task/short-id.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Icon } from '../ui/icon.tsx'
import { Problem } from '../ui/problem.tsx'

/** Two videos side by side that play as one. */
export function Compare ({ videoIds: [first, second], onClose }: { videoIds: [string, string], onClose: () => void }) {
  const { lineage: words } = useText()
  const [a, b] = [useTask(first), useTask(second)]
  const players = useRef<Array<HTMLVideoElement | null>>([])
  const both = (act: (player: HTMLVideoElement) => void) => players.current.forEach(player => { if (player) act(player) })
  const playing = () => players.current.some(player => player && !player.paused)
  return (
    <Dialog open onClose={onClose} title={words.compareTitle} place='wide'>
      <div className='grid gap-4 sm:grid-cols-2'>
        {[a, b].map(({ data, error }, index) => (
          <figure key={index} className='flex flex-col gap-2'>
            {data?.videoUrl && (
              <video
                ref={player => { players.current[index] = player }} src={data.videoUrl} muted playsInline controls className='max-h-[32dvh] w-full rounded-xl bg-black sm:max-h-[60dvh]'
                onSeeking={({ currentTarget }) => follow(currentTarget, players.current[1 - index])}
                onPlay={({ currentTarget }) => start(currentTarget, players.current[1 - index])}
                onPause={({ currentTarget }) => stop(currentTarget, players.current[1 - index])}
                onEnded={() => { if (players.current.every(player => !player || player.ended)) both(restart) }}
              />
            )}
            <figcaption className='text-xs text-dim'>{index === 0 ? 'A' : 'B'} · #{shortId(index === 0 ? first : second)}</figcaption>
            <Problem error={error} />
          </figure>
        ))}
      </div>
      <Button className='self-center' onClick={() => { const pause = playing(); both(player => { if (pause) player.pause(); else if (!player.ended) player.play().catch(() => {}) }) }}><Icon name='play' />{words.playBoth}</Button>
      {a.data && b.data && <PromptDiff before={a.data.prompt} after={b.data.prompt} />}
    </Dialog>
  )
}

function useTask (videoId: string) {
  return useQuery({ queryKey: ['task', videoId], queryFn: () => fetchTask(videoId) })
}

type Other = HTMLVideoElement | null | undefined

/** Where one is played the other plays too. An event may come late: what holds now counts. */
function start (played: HTMLVideoElement, other: Other): void {
  if (!played.paused && other && !other.ended) other.play().catch(() => {})
}

/** Where one is stopped the other stops too, at the same picture. */
function stop (stopped: HTMLVideoElement, other: Other): void {
  if (!stopped.paused || stopped.ended) return
  other?.pause()
  follow(stopped, other)
}

/** The shorter one waits at its end for the longer one; then both begin again. */
function restart (player: HTMLVideoElement): void {
  player.currentTime = 0
  player.play().catch(() => {})
}

/** Where one is moved the other goes too, as far as it reaches; a hair's breadth would move them back and forth. */
function follow (moved: HTMLVideoElement, other: Other): void {
  if (!other) return
  if (Math.abs(Math.min(other.currentTime, moved.duration) - moved.currentTime) > 0.1) other.currentTime = Math.min(moved.currentTime, other.duration || 0)
  // It may have waited at its end.
  if (!moved.paused && moved.currentTime < other.duration) other.play().catch(() => {})
}
