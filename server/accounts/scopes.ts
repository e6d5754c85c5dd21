/** What a key may do. */
export const SCOPES = ['tasks:read', 'tasks:write', 'admin'] as const
export type Scope = typeof SCOPES[number]

/** What a key has when nobody says. */
export const USUAL_SCOPES: readonly Scope[] = ['tasks:read', 'tasks:write']
