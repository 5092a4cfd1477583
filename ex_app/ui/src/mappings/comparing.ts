/** What a result lacks, has too much of, or has of another type than a JSON Schema says. */
import { resolved, type Schema } from '../forms/schema'

export interface Difference {
  /** A dot path; `*` for the elements of a list. */
  path: string
  /** `missing` is required, `absent` is not; `extra` is a field the schema does not know. */
  kind: 'missing' | 'absent' | 'extra' | 'type'
  /** The types the schema asks for. */
  expected: string
  /** The type that is there; empty where nothing is. */
  found: string
}

const ORDER: Difference['kind'][] = ['missing', 'type', 'extra', 'absent']

/** Return where a result and a schema differ: first what has to be mended. */
export function compared(result: unknown, schema: Schema): Difference[] {
  const found = new Map<string, Difference>()
  compare(result, schema, schema, '', (difference) => {
    const key = `${difference.kind} ${difference.path}` // the same in every element of a list is told once
    if (!found.has(key)) found.set(key, difference)
  })
  return [...found.values()].sort((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind))
}

type Tell = (difference: Difference) => void

function compare(value: unknown, given: Schema, root: Schema, path: string, tell: Tell) {
  const types = typesOf(given)
  const found = typeOf(value)
  if (types.length && !types.some((type) => type === found || (type === 'number' && found === 'integer'))) {
    return tell({ path: path || '(result)', kind: 'type', expected: types.join(', '), found })
  }
  const schema = resolved(given, root)
  if (found === 'object' && schema.properties) compareFields(value as Record<string, unknown>, schema, root, path, tell)
  if (found === 'array' && schema.items) {
    for (const element of value as unknown[]) compare(element, schema.items, root, path ? `${path}.*` : '*', tell)
  }
}

function compareFields(value: Record<string, unknown>, schema: Schema, root: Schema, path: string, tell: Tell) {
  const known = schema.properties ?? {}
  const required = new Set(schema.required)
  const pathOf = (name: string) => (path ? `${path}.${name}` : name)
  for (const [name, part] of Object.entries(known)) {
    if (name in value) compare(value[name], resolvedOnly(part, root), root, pathOf(name), tell)
    else tell({ path: pathOf(name), kind: required.has(name) ? 'missing' : 'absent', expected: typesOf(resolvedOnly(part, root)).join(', '), found: '' })
  }
  for (const name of required) {
    if (!(name in known) && !(name in value)) tell({ path: pathOf(name), kind: 'missing', expected: '', found: '' })
  }
  for (const name of Object.keys(value)) {
    if (!(name in known)) tell({ path: pathOf(name), kind: 'extra', expected: '', found: typeOf(value[name]) })
  }
}

/** `resolved` forgets that nothing may stand in a field, and here that counts. */
function resolvedOnly(schema: Schema, root: Schema): Schema {
  return schema.$ref ? { ...(root.$defs?.[schema.$ref.split('/').at(-1) ?? ''] ?? {}) } : schema
}

/** Return the types that fit; none where anything does or where it cannot be told. */
function typesOf(schema: Schema): string[] {
  const choices = schema.anyOf ?? schema.oneOf
  if (choices) {
    const parts = choices.map(typesOf)
    return parts.some((part) => part.length === 0) ? [] : [...new Set(parts.flat())]
  }
  return schema.type === undefined ? [] : [schema.type].flat()
}

/** Return the type of a value in the words of JSON Schema. */
export function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}
