import { ApiError } from '../api/client.ts'
import { useText } from '../i18n/text.tsx'
import { problemWords } from './problem-words.ts'

/** What went wrong and what to do next, in the server's words. */
export function Problem ({ error }: { error: unknown }) {
  const { common } = useText()
  if (!error) return null
  const { message, hint } = problemWords(error, common)
  const { code, details, requestId } = error instanceof ApiError ? error : new ApiError(0)
  return (
    <div role='alert' className='rounded-xl border border-bad/40 bg-bad-soft px-4 py-3 text-sm text-ink'>
      <p className='font-medium text-bad'>{message}</p>
      {/* Where fields are named they say what to do. */}
      {code !== 'REQUEST_INVALID' && <p>{hint}</p>}
      {details.length > 1 && <ul className='list-disc pl-5'>{details.map(({ field, message }) => <li key={field}><code>{field}</code> {message}</li>)}</ul>}
      {requestId && <p className='mt-1 font-mono text-xs text-dim'>{code} · {requestId}</p>}
    </div>
  )
}
