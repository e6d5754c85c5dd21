import { type FieldError, problem, wantedForm } from '../server/errors.ts'
import type { Locale } from '../server/locales/choose-locale.ts'

/** One line of what TypeBox reports. */
export interface ValidationError {
  keyword: string
  schemaPath: string
  instancePath: string
  params: Record<string, unknown>
}

const MAX_DETAILS = 20

/** What is wrong with each field, for a person: the first thing found about it, nested fields by their dotted path. */
export function fieldProblems (errors: ValidationError[], part: string, locale: Locale): FieldError[] {
  const problems = settleUnions(errors).flatMap(error => describe(error, part, locale))
  const first = new Map(problems.toReversed().map(entry => [entry.field, entry]))
  return [...first.values()].toReversed().slice(0, MAX_DETAILS)
}

/** A value that no option of a union takes: what is wrong by the option of its type; without such an option all that it may be. */
function settleUnions (errors: ValidationError[]): ValidationError[] {
  const union = errors.find(error => error.keyword === 'anyOf')
  if (!union) return errors
  const prefix = `${union.schemaPath}/anyOf/`
  const options = Object.groupBy(errors.filter(error => error.schemaPath.startsWith(prefix)), error => error.schemaPath.slice(prefix.length).split('/')[0]!)
  const others = errors.filter(error => error !== union && !error.schemaPath.startsWith(prefix))
  return [...others, ...settleUnions(nearest(union, Object.values(options) as ValidationError[][]))]
}

function nearest (union: ValidationError, options: ValidationError[][]): ValidationError[] {
  const about = ({ instancePath }: ValidationError) => instancePath === union.instancePath
  const literals = options.flat().filter(error => error.keyword === 'const' && about(error))
  if (literals.length > 0) return [{ ...union, keyword: 'enum', params: { allowedValues: literals.map(error => error.params.allowedValue) } }]
  const types = options.flat().filter(error => error.keyword === 'type' && about(error))
  const fitting = options.find(errors => !errors.some(error => types.includes(error)))
  // A body that may be absent is "undefined" too, which nobody can send.
  return fitting ?? [{ ...union, keyword: 'type', params: { type: types.map(error => error.params.type).filter(type => type !== 'undefined') } }]
}

function describe (error: ValidationError, part: string, locale: Locale): FieldError[] {
  const { keyword, instancePath, params } = error
  const field = dotted(instancePath)
  const about = (message: string) => [{ field: field || part, message }]

  switch (keyword) {
    // Said again, with the names, by additionalProperties.
    case 'boolean': return []
    case 'required': return names(params.requiredProperties).map(name => ({ field: join(field, name), message: problem('required', locale) }))
    case 'additionalProperties': return names(params.additionalProperties).map(name => ({ field: join(field, name), message: problem('unknown', locale) }))
    case 'type': return about(problem('type', locale, { expected: typeNames(params.type, locale) }))
    case 'const': return about(problem('choice', locale, { allowed: String(params.allowedValue) }))
    case 'enum': return about(problem('choice', locale, { allowed: names(params.allowedValues).join(', ') }))
    case 'minProperties': return about(problem('empty', locale))
    case 'minLength':
    case 'minItems': return about(problem(params.limit === 1 ? 'empty' : keyword, locale, { limit: Number(params.limit) }))
    case 'maxLength':
    case 'maxItems':
    case 'maxProperties':
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum': return about(problem(keyword, locale, { limit: Number(params.limit) }))
    case 'uniqueItems': return about(problem('uniqueItems', locale))
    case 'pattern': return about(wantedForm(params.pattern, locale))
    case 'format': return about(problem('format', locale, { format: String(params.format) }))
    default: return about(problem('form', locale))
  }
}

function typeNames (types: unknown, locale: Locale): string {
  return names(types).map(type => problem(type as 'string', locale)).join(' / ')
}

function names (value: unknown): string[] {
  return [value].flat().map(String)
}

/** A JSON pointer as people write paths: `/items/0/name` is items.0.name. */
function dotted (pointer: string): string {
  return pointer.split('/').slice(1).map(part => part.replaceAll('~1', '/').replaceAll('~0', '~')).join('.')
}

function join (field: string, name: string): string {
  return field ? `${field}.${name}` : name
}
