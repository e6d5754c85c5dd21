import type { ServerResponse } from 'node:http'
import { json, startScriptedServer, type Answer, type SeenRequest } from './scripted-server.ts'

export interface Video { id: string, status?: unknown }
export interface VideoList { object: string, data: Video[], has_more?: boolean }

/** A list as the provider gave it, as it is to be told; or an answer of another kind. */
export type Retell = (list: VideoList, request: SeenRequest) => unknown | Answer

/** A provider whose every answer is the sandbox's, but for its lists: these are told as a test wants. */
export async function startRetoldLists (t: { teardown (close: () => unknown): unknown }, sandboxUrl: string, retell: Retell = list => list) {
  const pass: Answer = async (response, { path, headers }) => {
    const reply = await fetch(sandboxUrl + path, { headers: { authorization: headers.authorization ?? '' } })
    response.writeHead(reply.status, { 'content-type': 'application/json' }).end(await reply.text())
  }
  const retold = async (response: ServerResponse, request: SeenRequest) => {
    const reply = await fetch(sandboxUrl + request.path, { headers: { authorization: request.headers.authorization ?? '' } })
    const told = retell(await reply.json() as VideoList, request)
    const answer = typeof told === 'function' ? told as Answer : json(told)
    answer(response, request)
  }
  const server = await startScriptedServer(t, (response, request) => isList(request) ? retold(response, request) : pass(response, request))
  return {
    url: server.url,
    lists: () => server.requests.filter(isList),
    singles: () => server.requests.filter(request => !isList(request))
  }
}

function isList ({ path }: SeenRequest): boolean {
  return /^\/v1\/videos(\?|$)/.test(path)
}
