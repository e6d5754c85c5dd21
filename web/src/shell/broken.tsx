import { Component, type ReactNode } from 'react'
import { useText } from '../i18n/text.tsx'
import { Button } from '../ui/button.tsx'

interface BrokenProps { /** Another page begins anew. */ at: string, children: ReactNode }

/** Where a part of the console cannot be loaded, or fails, the rest of it stays, and a new load is offered. */
export class Broken extends Component<BrokenProps, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError () {
    return { failed: true }
  }

  override componentDidUpdate ({ at }: BrokenProps) {
    if (this.state.failed && at !== this.props.at) this.setState({ failed: false })
  }

  override render () {
    return this.state.failed ? <Reload /> : this.props.children
  }
}

function Reload () {
  const { broken } = useText()
  return (
    <div role='alert' className='grid place-items-center gap-3 p-16 text-center'>
      <h1 className='text-lg font-semibold'>{broken.title}</h1>
      <p className='text-dim'>{broken.hint}</p>
      <Button look='primary' onClick={() => location.reload()}>{broken.reload}</Button>
    </div>
  )
}
