import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { Link, Route, Switch, useLocation } from 'wouter'
import { ASK_AGAIN_MS, mayPass, retryDelay } from './api/client.ts'
import { BoardPage } from './board/board-page.tsx'
import { readFilters } from './board/filters.ts'
import { tasksQuery } from './board/use-tasks.ts'
import type { Messages } from './i18n/en.ts'
import { TextProvider, useText } from './i18n/text.tsx'
import { LiveProvider } from './live/live-provider.tsx'
import { MODELS_QUERY } from './models/use-models.ts'
import { ACCOUNT_QUERY, Session } from './session/session.tsx'
import { Broken } from './shell/broken.tsx'
import { Shell } from './shell/shell.tsx'
import { ToastProvider } from './ui/toast.tsx'

/** Frames keep lists fresh; asking again on every focus would only be noise. What failed is said after three tries, and goes on to be asked for. */
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (tries, error) => tries < 3 && mayPass(error),
      retryDelay,
      refetchInterval: ({ state }) => state.status === 'error' && mayPass(state.error) && ASK_AGAIN_MS
    }
  }
})

/** Asks who is signed in, and then for what the board shows, while the words are on their way and the page is drawn. */
export async function prepareApp (): Promise<void> {
  await queries.prefetchQuery(ACCOUNT_QUERY)
  if (!queries.getQueryData(ACCOUNT_QUERY.queryKey) || location.pathname !== '/') return
  queries.prefetchQuery(MODELS_QUERY)
  queries.prefetchInfiniteQuery(tasksQuery(readFilters(location.search)))
}

export function App ({ messages }: { messages: Messages }) {
  return (
    <TextProvider initial={messages}>
      <QueryClientProvider client={queries}>
        <ToastProvider>
          <Session>
            <LiveProvider>
              <Shell><Pages /></Shell>
            </LiveProvider>
          </Session>
        </ToastProvider>
      </QueryClientProvider>
    </TextProvider>
  )
}

const LineagePage = lazy(async () => ({ default: (await import('./lineage/lineage-page.tsx')).LineagePage }))
const KeysPage = lazy(async () => ({ default: (await import('./settings/keys-page.tsx')).KeysPage }))
const WebhooksPage = lazy(async () => ({ default: (await import('./settings/webhooks-page.tsx')).WebhooksPage }))
const ChannelsPage = lazy(async () => ({ default: (await import('./settings/channels-page.tsx')).ChannelsPage }))
const AccountPage = lazy(async () => ({ default: (await import('./settings/account-page.tsx')).AccountPage }))

/** The console's addresses; plugins/console.ts serves the page for each of them. */
function Pages () {
  const [path] = useLocation()
  return (
    <Broken at={path}>
      <Suspense>
        <Switch>
          <Route path='/' component={BoardPage} />
          <Route path='/lineage/:videoId' component={LineagePage} />
          <Route path='/keys' component={KeysPage} />
          <Route path='/webhooks' component={WebhooksPage} />
          <Route path='/channels' component={ChannelsPage} />
          <Route path='/account' component={AccountPage} />
          <Route><NotFound /></Route>
        </Switch>
      </Suspense>
    </Broken>
  )
}

function NotFound () {
  const { notFound } = useText()
  return (
    <div className='grid place-items-center gap-3 p-16 text-center'>
      <h1 className='text-lg font-semibold'>{notFound.title}</h1>
      <Link href='/' className='text-accent underline'>{notFound.back}</Link>
    </div>
  )
}
