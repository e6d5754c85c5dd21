import { useQueryClient, type QueryKey } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

/**
 * What is being written, kept under its name while something else is looked at: in memory, because of its pictures, and
 * gone with the session. `forget` it when it was sent and its window closes.
 */
export function useKept<T> (name: QueryKey, initial: T) {
  const client = useQueryClient()
  const [key] = useState(['kept', ...name])
  const [value, setValue] = useState(() => client.getQueryData<T>(key) ?? initial)
  useEffect(() => {
    client.setQueryDefaults(key, { gcTime: Infinity })
    client.setQueryData(key, value)
  }, [client, key, value])
  const forget = () => client.removeQueries({ queryKey: key })
  return [value, setValue, forget] as const
}
