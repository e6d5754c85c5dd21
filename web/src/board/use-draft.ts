import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { EMPTY_DRAFT, type Draft } from './draft.ts'

const KEY = ['draft'] as const

/** What is being written, kept while other pages are visited: in memory, because of its pictures, and gone with the session. */
export function useDraft () {
  const client = useQueryClient()
  const [draft, setDraft] = useState(() => client.getQueryData<Draft>(KEY) ?? EMPTY_DRAFT)
  useEffect(() => {
    client.setQueryDefaults(KEY, { gcTime: Infinity })
    client.setQueryData(KEY, draft)
  }, [client, draft])
  return [draft, setDraft] as const
}
