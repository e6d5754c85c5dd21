import { type FieldError, type Locale, problem } from '../server/errors.ts'

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
  const unions = errors.filter(error => error.keyword === 'anyOf').map(error => `${error.schemaPath}/anyOf/`)
  const problems = errors
    .filter(error => !unions.some(union => error.schemaPath.startsWith(union) && error.keyword === 'const'))
    .flatMap(error => describe(error, errors, part, locale))
  const first = new Map(problems.toReversed().map(entry => [entry.field, entry]))
  return [...first.values()].toReversed().slice(0, MAX_DETAILS)
}

function describe (error: ValidationError, errors: ValidationError[], part: string, locale: Locale): FieldError[] {
  const { keyword, instancePath, params } = error
  const field = dotted(instancePath)
  const about = (message: string) => [{ field: field || part, message }]

  switch (keyword) {
    // Said again, with the names, by additionalProperties.
    case 'boolean': return []
    case 'required': return names(params.requiredProperties).map(name => ({ field: join(field, name), message: problem('required', locale) }))
    case 'additionalProperties': return names(params.additionalProperties).map(name => ({ field: join(field, name), message: problem('unknown', locale) }))
    case 'type': return about(problem('type', locale, { expected: typeNames(params.type, locale) }))
    case 'anyOf': return about(choice(error, errors, locale))
    case 'const': return about(problem('choice', locale, { allowed: String(params.allowedValue) }))
    case 'enum': return about(problem('choice', locale, { allowed: names(params.allowedValues).join(', ') }))
    case 'minLength': return about(params.limit === 1 ? problem('empty', locale) : problem('minLength', locale, { limit: Number(params.limit) }))
    case 'maxLength':
    case 'minItems':
    case 'maxItems':
    case 'maxProperties': return about(problem(keyword, locale, { limit: Number(params.limit) }))
    case 'minimum':
    case 'maximum':
    case 'exclusiveMinimum':
    case 'exclusiveMaximum': return about(problem('limit', locale, { comparison: String(params.comparison), limit: Number(params.limit) }))
    case 'format': return about(problem('format', locale, { format: String(params.format) }))
    default: return about(problem('pattern', locale))
  }
}

/** A union of literals is a list to choose from. */
function choice ({ schemaPath, instancePath }: ValidationError, errors: ValidationError[], locale: Locale): string {
  const literals = errors.filter(error => error.keyword === 'const' && error.instancePath === instancePath && error.schemaPath.startsWith(`${schemaPath}/anyOf/`))
  if (literals.length === 0) return problem('pattern', locale)
  return problem('choice', locale, { allowed: literals.map(error => String(error.params.allowedValue)).join(', ') })
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
