import { Link } from 'wouter'
import { useText } from '../i18n/text.tsx'
import { useModels, useNothingOffered } from '../models/use-models.ts'
import { useAccount } from '../session/session.tsx'
import { buttonClasses } from '../ui/button.tsx'

/** The id of the simulated provider's channel. */
const SANDBOX = 'sandbox'

/** For somebody who has made nothing yet. */
export function FirstRun () {
  const { firstRun, channels } = useText()
  const { role } = useAccount()
  const nothing = useNothingOffered()
  const sandbox = useModels().data?.every(model => model.channels.every(channel => channel.channelId === SANDBOX))
  return (
    <section className='rounded-2xl border border-accent/40 bg-accent-soft p-5 text-sm'>
      <h2 className='text-base font-semibold'>{firstRun.title}</h2>
      <p className='mt-1 max-w-prose'>{nothing ? firstRun.nothing : sandbox ? firstRun.sandbox : firstRun.ready}</p>
      {(sandbox || nothing) && role === 'admin' && (
        <>
          <p className='mt-3 font-medium'><Link href='/channels' className={buttonClasses('plain', 'small')}>{channels.create}</Link> {firstRun.connect}</p>
          <pre tabIndex={0} className='mt-2 overflow-x-auto rounded-lg bg-surface p-3 text-xs'>UPSTREAM_TYPE=openai UPSTREAM_BASE_URL=https://api.example.com/v1 UPSTREAM_API_KEY=… npm start</pre>
        </>
      )}
    </section>
  )
}
