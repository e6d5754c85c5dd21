import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from 'react'
import { Redirect, useLocation, useParams, useSearch } from 'wouter'
import { ApiError } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import { PageHead } from '../shell/shell.tsx'
import { shortId } from '../task/short-id.ts'
import { Button, buttonClasses } from '../ui/button.tsx'
import { classes } from '../ui/classes.ts'
import { Icon } from '../ui/icon.tsx'
import { Menu } from '../ui/menu.tsx'
import { Problem } from '../ui/problem.tsx'
import { Waiting } from '../ui/waiting.tsx'
import { FocusDetails } from './focus-details.tsx'
import { saveText } from './save-text.ts'
import { toSvg } from './svg.ts'
import { TreeList } from './tree-list.tsx'
import { buildTree, fold, pathTo } from './tree.ts'
import { useLineage, type Lineage } from './use-lineage.ts'

const importPicture = () => import('./tree-picture.tsx')
const TreePicture = lazy(async () => ({ default: (await importPicture()).TreePicture }))
const Compare = lazy(async () => ({ default: (await import('./compare.tsx')).Compare }))

type View = 'picture' | 'list'

/** A picture needs room. */
const preferredView = (): View => matchMedia('(max-width: 640px)').matches ? 'list' : 'picture'

/** Where a video came from and what came of it. */
export function LineagePage () {
  const { videoId } = useParams<{ videoId: string }>()
  const { lineage: words } = useText()
  const lineage = useLineage(videoId)
  const remixId = new URLSearchParams(useSearch()).get('of')
  // While the tree is asked for, not after it came.
  useEffect(() => { if (preferredView() === 'picture') importPicture() }, [])
  // A deleted video is no longer found, but what was made of it has it in its tree.
  if (!lineage.data && remixId && lineage.error instanceof ApiError && lineage.error.status === 404) return <Redirect to={`/lineage/${encodeURIComponent(remixId)}`} replace />
  return (
    <div className='flex h-dvh flex-col max-md:h-[calc(100dvh-3.5rem)]'>
      {lineage.data
        ? <Tree key={lineage.data.rootId} lineage={lineage.data} />
        : <><PageHead title={words.title} /><div className='p-4 md:px-6'>{lineage.error ? <Problem error={lineage.error} /> : <Waiting lines={5} />}</div></>}
    </div>
  )
}

function Tree ({ lineage }: { lineage: Lineage }) {
  const { lineage: words, task, status } = useText()
  const [view, setView] = useState<View>(preferredView)
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set())
  const [pair, setPair] = useState<string[]>([])
  const [detailed, setDetailed] = useState<string>()
  const [, navigate] = useLocation()
  const { nodes, rootId, focusId } = lineage
  const path = useMemo(() => pathTo(nodes, focusId), [nodes, focusId])
  const root = useMemo(() => buildTree(nodes, rootId), [nodes, rootId])
  const shown = useMemo(() => root && fold(root, path, unfolded), [root, path, unfolded])
  const pick = (videoId: string) => setPair(known => known.includes(videoId) ? known.filter(id => id !== videoId) : [...known, videoId].slice(-2))
  // A step leads to a video; a second one on it shows what there is to see.
  const visit = (videoId: string) => videoId === focusId ? setDetailed(videoId) : navigate(`/lineage/${videoId}`)
  const closeDetails = useCallback(() => setDetailed(undefined), [])
  if (!root || !shown) return null
  return (
    <>
      <PageHead title={`${words.title} #${shortId(focusId)}`}>
        <span className='text-sm text-dim'>{words.count(nodes.length)}{lineage.truncated && ` · ${words.truncated}`}</span>
        {nodes.some(({ videoId, deleted }) => videoId === focusId && !deleted) && <Button size='small' onClick={() => setDetailed(focusId)}><Icon name='play' />{task.details}</Button>}
        <div role='group' aria-label={words.view} className='flex'>
          {(['picture', 'list'] as const).map(name => (
            <button key={name} type='button' aria-pressed={view === name} onClick={() => setView(name)} className={classes(buttonClasses(view === name ? 'chosen' : 'plain', 'small'), 'first:rounded-r-none last:rounded-l-none')}>{words[name]}</button>
          ))}
        </div>
        <Menu
          label={words.export} className={buttonClasses('plain', 'small')} trigger={<><Icon name='download' />{words.export}</>}
          items={[
            { label: 'SVG', onSelect: () => saveText(`lineage-${shortId(rootId)}.svg`, 'image/svg+xml', toSvg(shown, path, status)) },
            { label: 'Mermaid', onSelect: async () => saveText(`lineage-${shortId(rootId)}.mmd`, 'text/plain', await (await fetch(`/api/video/tasks/${focusId}/lineage?format=mermaid`)).text()) }
          ]}
        />
        {pair.length > 0 && <Button size='small' look='quiet' onClick={() => setPair([])}>{words.picked(pair.length)}</Button>}
      </PageHead>
      <div className='min-h-0 flex-1 overflow-auto'>
        {view === 'list'
          ? <TreeList root={root} path={path} focusId={focusId} picked={pair} onPick={pick} onVisit={visit} />
          : <Suspense><TreePicture root={shown} path={path} focusId={focusId} picked={pair} onPick={pick} onVisit={visit} onUnfold={id => setUnfolded(known => new Set([...known, id]))} /></Suspense>}
      </div>
      {detailed === focusId && <FocusDetails key={focusId} videoId={focusId} onClose={closeDetails} />}
      {pair.length === 2 && <Suspense><Compare videoIds={[pair[0]!, pair[1]!]} onClose={() => setPair([])} /></Suspense>}
    </>
  )
}
