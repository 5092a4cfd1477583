/** Reads JSON Schemas as pydantic writes them, and says which widget a field needs. No component knows a schema's details. */

export interface Schema {
  $ref?: string
  $defs?: Record<string, Schema>
  title?: string
  description?: string
  type?: string
  format?: string
  const?: unknown
  enum?: unknown[]
  /** What people read for each value of `enum`, in the same order. */
  'x-labels'?: string[]
  default?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  items?: Schema
  anyOf?: Schema[]
  oneOf?: Schema[]
  discriminator?: { propertyName: string; mapping: Record<string, string> }
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  writeOnly?: boolean
  /** The collection that the field chooses from. */
  'x-refers'?: string
  /** Whether most people need not look at the field. */
  'x-advanced'?: boolean
  /** Which fields stand together, and under which heading. */
  'x-groups'?: { title: string; fields: string[] }[]
  /** Whether most people need to look at the field, although it may stay as it is. */
  'x-first'?: boolean
}

export type Value = unknown
export type Values = Record<string, Value>

export type Widget =
  | 'constant'
  | 'secret'
  | 'reference'
  | 'references'
  | 'choice'
  | 'boolean'
  | 'number'
  | 'text'
  | 'longText'
  | 'texts'
  | 'pairs'
  | 'object'
  | 'union'
  | 'items'
  | 'json'

/** What the server shows instead of a secret; sent back, it keeps what is stored. */
export const MASK = '**********'

/** From this length on a text gets more than one line. */
const LONG = 2_001

/** Return the schema a reference stands for, with what stands beside it; of several ways to write it the first. */
export function resolved(schema: Schema, root: Schema): Schema {
  if (schema.$ref) {
    const { $ref, ...beside } = schema
    return resolved({ ...(root.$defs?.[nameOf($ref)] ?? {}), ...beside }, root)
  }
  const first = schema.anyOf?.find((choice) => choice.type !== 'null')
  if (first) {
    const { anyOf, ...beside } = schema
    return resolved({ ...first, ...beside }, root)
  }
  return schema
}

/** Return whether nothing may stand in a field. */
export function isOptional(schema: Schema): boolean {
  return schema.anyOf?.some((choice) => choice.type === 'null') ?? false
}

/** Return the kinds of a union by the value of their discriminator, in the order in which the server offers them. */
export function kindsOf(schema: Schema, root: Schema): Map<string, Schema> {
  const names = new Map(Object.entries(schema.discriminator?.mapping ?? {}).map(([name, ref]) => [ref, name]))
  const kinds = (schema.oneOf ?? []).map((kind): [string, Schema] => [names.get(kind.$ref ?? '') ?? '', resolved(kind, root)])
  return new Map(kinds.filter(([name]) => name !== ''))
}

/** Return which widget edits a field; `json` edits whatever no other does. */
export function widgetOf(schema: Schema, root: Schema = schema): Widget {
  if (schema.const !== undefined) return 'constant'
  if (schema.discriminator) return 'union'
  if (schema.enum) return 'choice'
  switch (schema.type) {
    case 'boolean':
      return 'boolean'
    case 'integer':
    case 'number':
      return 'number'
    case 'string':
      return textWidget(schema)
    case 'array':
      return listWidget(schema, root)
    case 'object':
      return objectWidget(schema)
    default:
      return 'json'
  }
}

function listWidget(schema: Schema, root: Schema): Widget {
  const item = widgetOf(resolved(schema.items ?? {}, root), root)
  if (item === 'union' || item === 'object') return 'items'
  if (schema.items?.type !== 'string') return 'json'
  return schema['x-refers'] ? 'references' : 'texts'
}

function textWidget(schema: Schema): Widget {
  if (schema.writeOnly || schema.format === 'password') return 'secret'
  if (schema['x-refers']) return 'reference'
  return (schema.maxLength ?? 0) > LONG ? 'longText' : 'text'
}

function objectWidget(schema: Schema): Widget {
  if (schema.properties && schema.additionalProperties !== true) return 'object'
  const values = schema.additionalProperties
  return typeof values === 'object' && values.type === 'string' ? 'pairs' : 'json'
}

/** Return what a new form holds: defaults, and nothing where somebody has to choose. */
export function initial(schema: Schema, root: Schema): Value {
  const plain = resolved(schema, root)
  if (plain.const !== undefined) return plain.const
  if (plain.default !== undefined) return copied(plain.default)
  if (isOptional(schema)) return null
  if (plain.discriminator) return initialKind(plain, root, [...kindsOf(plain, root).keys()][0] ?? '')
  if (plain.type === 'object') return plain.properties ? initialObject(plain, root) : {}
  if (plain.type === 'array') return []
  return plain.type === 'string' && !plain.enum ? '' : undefined
}

/** Return what a new form for one kind of a union holds. */
export function initialKind(union: Schema, root: Schema, kind: string): Values {
  return initialObject(kindsOf(union, root).get(kind) ?? {}, root)
}

/** Return a kind of a union with the default of every field that was never filled in. */
export function completed(union: Schema, root: Schema, value: Values | null | undefined): Values {
  const tag = resolved(union, root).discriminator?.propertyName ?? ''
  return { ...initialKind(resolved(union, root), root, String(value?.[tag])), ...value }
}

function initialObject(schema: Schema, root: Schema): Values {
  const fields = Object.entries(schema.properties ?? {})
  return Object.fromEntries(fields.map(([name, field]) => [name, initial(field, root)]))
}

/** Return the fields of an object in two parts: what has to be looked at, and what is right for most. */
export function parted(schema: Schema, root: Schema, values: Values): { first: string[]; more: string[] } {
  const names = Object.keys(schema.properties ?? {})
  const required = new Set(schema.required)
  const isUsual = (name: string) => {
    const field = schema.properties?.[name] ?? {}
    return !required.has(name) && !field['x-first'] && (field['x-advanced'] || same(values[name], initial(field, root)))
  }
  const more = names.filter(isUsual)
  return more.length < FEW ? { first: names, more: [] } : { first: names.filter((name) => !more.includes(name)), more }
}

/** Return the groups of an object's fields that have anything in them; none where the server names no groups. */
export function groupsOf(schema: Schema): { title: string; fields: string[] }[] {
  const groups = schema['x-groups'] ?? []
  return groups
    .map(({ title, fields }) => ({ title, fields: fields.filter((name) => schema.properties?.[name]) }))
    .filter(({ fields }) => fields.length > 0)
}

/** So few fields are shown rather than folded away. */
const FEW = 4

/** Return a copy of a value; what is reactive cannot be cloned otherwise. */
export function copied<V extends Value>(value: V): V {
  return value === undefined ? value : JSON.parse(JSON.stringify(value))
}

/** Return whether two values would be sent as the same JSON. */
export function same(one: Value, other: Value): boolean {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null)
}

function nameOf(ref: string): string {
  return ref.split('/').at(-1) ?? ''
}
