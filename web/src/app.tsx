import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { Link, Route, Switch } from 'wouter'
import { BoardPage } from './board/board-page.tsx'
import type { Messages } from './i18n/en.ts'
import { TextProvider, useText } from './i18n/text.tsx'
import { LiveProvider } from './live/live-provider.tsx'
import { Session } from './session/session.tsx'
import { Shell } from './shell/shell.tsx'

/** Frames keep lists fresh; asking again on every focus would only be noise. */
const queries = new QueryClient({ defaultOptions: { queries: { staleTime: 30_000, refetchOnWindowFocus: false, retry: 3, retryDelay: tries => Math.min(1_000 * 2 ** tries, 5_000) } } })

export function App ({ messages }: { messages: Messages }) {
  return (
    <TextProvider initial={messages}>
      <QueryClientProvider client={queries}>
        <Session>
          <LiveProvider>
            <Shell><Pages /></Shell>
          </LiveProvider>
        </Session>
      </QueryClientProvider>
    </TextProvider>
  )
}

/** The console's addresses; plugins/console.ts serves the page for each of them. */
function Pages () {
  return (
    <Switch>
      <Route path='/' component={BoardPage} />
      <Route><NotFound /></Route>
    </Switch>
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
