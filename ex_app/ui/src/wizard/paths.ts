/** Fields of sample records by their dot paths, and templates that read them. */

import type { Values } from '../forms/schema'

/** How many fields are offered at most. */
const MAX_PATHS = 300
const MAX_DEPTH = 8

/** What a key with a dot writes for it. */
const ESCAPED_DOT = '&#46;'

const NAME = /^[A-Za-z_]\w*$/
/** Names that a template reads as something else. */
const WORDS = new Set(['not', 'true', 'false', 'none', 'True', 'False', 'None'])
/** A template that does nothing but read one field. */
const READING = /^\{\{\s*((?:_context\["(?:[^"\\]|\\.)*"\]|[A-Za-z_]\w*)(?:\.[A-Za-z_]\w*|\[\d+\]|\["(?:[^"\\]|\\.)*"\])*)\s*\}\}$/
const PART = /\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([A-Za-z_]\w*)/g

/** Return one key as a dot path writes it. */
export function keyOf(name: string): string {
  return name.replaceAll('.', ESCAPED_DOT)
}

/** Return the paths of all fields of the records; an object's own fields stand for it, a list for itself. */
export function pathsOf(records: unknown[]): string[] {
  const found = new Set<string>()
  records.forEach((record) => collect(record, '', 0, found))
  return [...found]
}

/** Return whether a record has a value at a path. */
export function isIn(record: unknown, path: string): boolean {
  const found = path.split('.').reduce<unknown>((value, key) => {
    const name = key.replaceAll(ESCAPED_DOT, '.')
    return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? (value as Values)[name] : undefined
  }, record)
  return found !== undefined
}

function collect(value: unknown, path: string, depth: number, found: Set<string>) {
  if (found.size >= MAX_PATHS) return
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && depth < MAX_DEPTH) {
    for (const [name, inner] of Object.entries(value)) collect(inner, path ? `${path}.${keyOf(name)}` : keyOf(name), depth + 1, found)
  } else if (path) found.add(path)
}

/** Return the template that reads a field. A bare path would be taken for a text wherever the field is missing. */
export function templateOf(path: string): string {
  const [first = '', ...rest] = path.split('.').map((key) => key.replaceAll(ESCAPED_DOT, '.'))
  const begin = NAME.test(first) && !WORDS.has(first) ? first : `_context[${JSON.stringify(first)}]`
  return `{{ ${begin}${rest.map(stepTo).join('')} }}`
}

function stepTo(key: string): string {
  if (NAME.test(key)) return `.${key}`
  return /^\d+$/.test(key) ? `[${key}]` : `[${JSON.stringify(key)}]`
}

/** Return the path of the field that a template reads; null for one that does more. */
export function pathOf(template: string): string | null {
  const reading = READING.exec(template)?.[1]
  if (!reading) return null
  const keys = [...reading.replace(/^_context(?=\[)/, '').matchAll(PART)].map(([, quoted, index, name]) =>
    quoted === undefined ? (index ?? name ?? '') : String(JSON.parse(`"${quoted}"`)),
  )
  return keys.map(keyOf).join('.')
}
