import { invalidField } from '../../server/errors.ts'

type Container = Record<string, unknown> | unknown[]

/** As deep as a form may nest; the SDKs nest as deep as the object they are given. */
const MAX_DEPTH = 5
const NAME = /^([^[\]]+)((?:\[[^[\]]*\])*)$/
/** Keys that an object has already. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * Puts a form's value where its name says, as the OpenAI SDKs write nested objects: `input_reference[image_url]`,
 * `tags[]`, `characters[][id]`. Throws REQUEST_INVALID for a name that is none and for a value given twice.
 */
export function setByName (body: Record<string, unknown>, name: string, value: unknown): void {
  const path = pathOf(name)
  let at: Container = body
  path.forEach((key, index) => {
    if (index === path.length - 1) put(at, key, value, name)
    else at = enter(at, key, path[index + 1]!, name)
  })
}

function pathOf (name: string): string[] {
  const [, first, rest = ''] = NAME.exec(name) ?? []
  const path = first === undefined ? [] : [first, ...[...rest.matchAll(/\[([^[\]]*)\]/g)].map(match => match[1]!)]
  if (path.length === 0 || path.length > MAX_DEPTH || path.some(key => FORBIDDEN.has(key))) throw invalidField(name.slice(0, 100), 'is not a name of a field')
  return path
}

/** The container behind `key`, made when it is not there yet: a list where `next` is empty. */
function enter (at: Container, key: string, next: string, name: string): Container {
  if (Array.isArray(at)) return enterItem(at, next)
  const inside = Object.hasOwn(at, key) ? at[key] : (at[key] = next === '' ? [] : {})
  if (typeof inside !== 'object' || inside === null || Array.isArray(inside) !== (next === '')) throw invalidField(name, 'is given in two forms')
  return inside as Container
}

/** `items[][a]=1&items[][b]=2&items[][a]=3` are two items: a key that comes again begins the next one. */
function enterItem (list: unknown[], next: string): Container {
  const last = list.at(-1)
  if (typeof last === 'object' && last !== null && !Array.isArray(last) && !Object.hasOwn(last, next)) return last as Container
  const item = {}
  list.push(item)
  return item
}

function put (at: Container, key: string, value: unknown, name: string): void {
  if (Array.isArray(at)) { at.push(value); return }
  if (Object.hasOwn(at, key)) throw invalidField(name, 'is given twice')
  at[key] = value
}
