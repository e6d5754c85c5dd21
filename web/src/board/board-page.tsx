import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { useLocation, useSearch } from 'wouter'
import type { Task } from '../api/client.ts'
import { BatchProgress } from '../batch/batch-progress.tsx'
import { useText } from '../i18n/text.tsx'
import { PageHead } from '../shell/shell.tsx'
import { remixObstacle } from '../task/actions.ts'
import { Button } from '../ui/button.tsx'
import { Problem } from '../ui/problem.tsx'
import { WaitingCards } from '../ui/waiting.tsx'
import { Composer } from './composer.tsx'
import { useFavourites } from './favourites.ts'
import { FilterBar } from './filter-bar.tsx'
import { readBatch, readFilters, writeFilters, type Filters } from './filters.ts'
import { FirstRun } from './first-run.tsx'
import { TaskGrid } from './task-grid.tsx'
import { useBoardKeys } from './use-board-keys.ts'
import { useTasks } from './use-tasks.ts'

const TaskDrawer = lazy(async () => ({ default: (await import('../task/task-drawer.tsx')).TaskDrawer }))
const RemixDialog = lazy(async () => ({ default: (await import('../remix/remix-dialog.tsx')).RemixDialog }))
const BatchRemixDialog = lazy(async () => ({ default: (await import('../remix/batch-remix-dialog.tsx')).BatchRemixDialog }))

type Open = { kind: 'task', task: Task } | { kind: 'remix', task: Task } | { kind: 'batch' } | undefined

export function BoardPage () {
  const { nav, board } = useText()
  const [, navigate] = useLocation()
  const search = useSearch()
  const filters = readFilters(search)
  const batchId = readBatch(search)
  const showBatch = (id?: string) => navigate(writeFilters(filters, id), { replace: true })
  const list = useTasks(filters)
  const favourites = useFavourites()
  const tasks = filters.favourites ? list.tasks.filter(({ videoId }) => favourites.has(videoId)) : list.tasks
  const [open, setOpen] = useState<Open>()
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const close = useCallback(() => setOpen(undefined), [])
  const handlers = useMemo(() => ({
    onOpen: (task: Task) => setOpen({ kind: 'task', task }),
    onRemix: (task: Task) => setOpen({ kind: 'remix', task }),
    onSelect: ({ videoId }: Task) => setSelected(known => toggled(known, videoId))
  }), [])
  const sources = tasks.filter(task => selected.has(task.videoId) && !remixObstacle(task))
  const leftOut = countLeftOut(selected, tasks)
  const current = useBoardKeys({ tasks, idle: open === undefined, handlers, onBatch: () => { if (sources.length > 0) setOpen({ kind: 'batch' }) } })
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list
  const onNearEnd = useCallback(() => { if (hasNextPage && !isFetchingNextPage) fetchNextPage() }, [hasNextPage, isFetchingNextPage, fetchNextPage])
  const filtered = writeFilters(filters) !== '/'
  const first = list.isSuccess && list.tasks.length === 0 && !filtered

  return (
    <>
      <PageHead title={nav.board} />
      <div className='flex flex-col gap-4 p-4 md:px-6'>
        {first && <FirstRun />}
        <Composer unseen={filtered} onBatch={showBatch} />
        {batchId && <BatchProgress batchId={batchId} onClose={() => showBatch()} />}
        <FilterBar filters={filters} onChange={(next: Filters) => navigate(writeFilters(next, batchId), { replace: true })} />
        {selected.size > 0 && (
          <div className='sticky top-16 z-20 flex flex-wrap items-center gap-2 rounded-xl border bg-surface px-3 py-2 shadow-lg md:top-2'>
            <span className='text-sm font-medium'>{board.selected(selected.size)}</span>
            {leftOut.map(({ why, count }) => <span key={why} className='text-sm text-warn'>{board.leftOut(count, board.why[why])}</span>)}
            <Button look='primary' size='small' disabled={sources.length === 0} title={sources.length === 0 ? board.noneToRemix : undefined} onClick={() => setOpen({ kind: 'batch' })}>{board.batchRemix(sources.length)}</Button>
            <Button look='quiet' size='small' onClick={() => setSelected(new Set())}>{board.clear}</Button>
          </div>
        )}
        <Problem error={list.error} />
        {list.isPending && !list.error && <WaitingCards />}
        {list.isSuccess && tasks.length === 0 && !list.hasNextPage && !first && <p className='py-12 text-center text-dim'>{board.nothing}</p>}
        <TaskGrid tasks={tasks} handlers={handlers} favourites={favourites} selected={selected} current={current} onNearEnd={onNearEnd} />
      </div>
      <Suspense>
        {open?.kind === 'task' && <TaskDrawer task={open.task} onClose={close} onRemix={handlers.onRemix} />}
        {open?.kind === 'remix' && <RemixDialog source={open.task} onClose={close} />}
        {open?.kind === 'batch' && <BatchRemixDialog sources={sources} onClose={close} onDone={id => { showBatch(id); setSelected(new Set()); close() }} />}
      </Suspense>
    </>
  )
}

function toggled (known: ReadonlySet<string>, videoId: string): ReadonlySet<string> {
  const next = new Set(known)
  if (!next.delete(videoId)) next.add(videoId)
  return next
}

/** Why some of the selected are not remixed, and how many. */
function countLeftOut (selected: ReadonlySet<string>, tasks: Task[]) {
  const known = new Map(tasks.map(task => [task.videoId, task]))
  const reasons = [...selected].map(videoId => known.has(videoId) ? remixObstacle(known.get(videoId)!) : 'notShown')
  return (['notCompleted', 'noExternalId', 'notShown'] as const).map(why => ({ why, count: reasons.filter(reason => reason === why).length })).filter(({ count }) => count > 0)
}
