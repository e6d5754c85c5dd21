import type { RouteOptions } from 'fastify'

const READING = new Set(['GET', 'HEAD'])

/** onRoute: an API key needs tasks:read to read and tasks:write for the rest, unless the route names a scope itself. */
export function taskScopes (route: RouteOptions): void {
  const reads = [route.method].flat().every(method => READING.has(method))
  route.config = { scope: reads ? 'tasks:read' : 'tasks:write', ...route.config }
}

/** onRoute: an API key needs the scope admin. Whose key it is, `requireAdmin` looks at. */
export function adminScope (route: RouteOptions): void {
  route.config = { scope: 'admin', ...route.config }
}
