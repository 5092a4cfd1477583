/** What can be written where the cursor stands: paths of the example, and what a mapping can name. */
import type { Schema } from '../forms/schema'

/** One thing a mapping can name, as `GET /mapping-reference` describes it. */
export interface Entry {
  kind: 'filter' | 'function' | 'test' | 'method' | 'cast'
  name: string
  arguments: string
  dialects: string[]
  summary: string
  examples: { expression: string; result: string }[]
}

/** What is known while something is written. */
export interface Knowledge {
  example: unknown
  entries: Entry[]
  dialect: string
  /** What the results have to follow, where it is known. */
  schema: Schema | null
}

export interface Suggestion {
  label: string
  kind: Entry['kind'] | 'path' | 'target'
  /** Beside the label: arguments, or the value at a path. */
  detail: string
  entry?: Entry
}

/** Where suggestions take the place of what is written, from here to the cursor. */
export interface Place {
  kind: 'filter' | 'test' | 'name' | 'path' | 'cast' | 'target'
  from: number
}

/** Where a text is written: an expression, names of casts, or rules as a whole. */
export type Writing = 'expression' | 'casts' | 'rules'

const MAX_PATHS = 1_000
const MAX_DEPTH = 8
const SHOWN = 40

/** Return what is asked for at the end of a text; null where nothing is. */
export function placeAt(text: string, writing: Writing): Place | null {
  if (writing === 'casts') return castPlace(text)
  // A template that is not closed yet must not make one of all the lines below it.
  const inner = openTemplate(writing === 'rules' ? text.slice(text.lastIndexOf('\n') + 1) : text)
  if (inner !== undefined) return inTemplate(inner, text.length)
  return writing === 'rules' ? inRules(text) : outside(text)
}

/** Return what stands in a template that is not closed yet; undefined outside of one. */
function openTemplate(text: string): string | undefined {
  const open = Math.max(text.lastIndexOf('{{'), text.lastIndexOf('{%'))
  const inner = text.slice(open + 2)
  return open < 0 || /[}%]\}/.test(inner) ? undefined : inner
}

function inTemplate(inner: string, end: number): Place | null {
  const isInText = !/^(?:[^'"]|'[^']*'|"[^"]*")*$/.test(inner)
  if (isInText) return null
  const ending = (pattern: RegExp) => pattern.exec(inner)?.[1]
  const filter = ending(/\|\s*(\w*)$/)
  if (filter !== undefined) return { kind: 'filter', from: end - filter.length }
  const test = ending(/\bis\s+(?:not\s+)?(\w*)$/)
  if (test !== undefined) return { kind: 'test', from: end - test.length }
  return { kind: 'name', from: end - (ending(/([A-Za-z_][\w.]*)$/) ?? '').length }
}

function outside(before: string): Place | null {
  return before.includes('{') ? null : { kind: 'path', from: 0 }
}

/** The section is the last name that stands at the beginning of a line. */
function inRules(before: string): Place | null {
  const lines = before.split('\n')
  const line = lines.at(-1) ?? ''
  const section = lines.map((each) => /^"?(\w+)"?:/.exec(each)?.[1]).findLast((name) => name)
  const value = /^\s+(?:"[^"]*"|'[^']*'|[^\s'"][^:]*):\s+['"]?([^'"{]*)$/.exec(line)?.[1]
  if (section === 'mapping' && value !== undefined) return { kind: 'path', from: before.length - value.length }
  const target = /^\s+([^\s:'"-][^:]*)?$/.exec(line)
  if (section === 'mapping' && target) return { kind: 'target', from: before.length - (target[1] ?? '').length }
  if (section === 'cast' && /^\s+(\S+:|-)/.test(line)) return castPlace(before)
  return null
}

function castPlace(before: string): Place {
  return { kind: 'cast', from: before.length - (/\w*$/.exec(before)?.[0].length ?? 0) }
}

/** Return what can stand in a place; `typed` is what stands there. */
export function suggestionsFor(place: Place, known: Knowledge, typed: string): Suggestion[] {
  switch (place.kind) {
    case 'path':
      return pathsIn(known.example, asPath)
    case 'target':
      return targetsIn(known.schema)
    case 'name':
      return [...pathsIn(known.example, asExpression), ...entriesOf(known, 'function'), ...methodsOn(typed, known)]
    default:
      return entriesOf(known, place.kind)
  }
}

function entriesOf({ entries, dialect }: Knowledge, kind: Entry['kind'], before = ''): Suggestion[] {
  return entries
    .filter((entry) => entry.kind === kind && entry.dialects.includes(dialect))
    .map((entry) => ({ label: before + entry.name, kind, detail: entry.arguments, entry }))
}

function methodsOn(typed: string, known: Knowledge): Suggestion[] {
  return typed.includes('.') ? entriesOf(known, 'method', typed.slice(0, typed.lastIndexOf('.') + 1)) : []
}

/** Writes a name behind a path; undefined for one that cannot be written there. */
type Join = (path: string, name: string, isIndex: boolean) => string | undefined

const asPath: Join = (path, name) => {
  const escaped = name.replaceAll('.', '&#46;')
  return path ? `${path}.${escaped}` : escaped
}

const asExpression: Join = (path, name, isIndex) => {
  if (isIndex) return path && `${path}.${name}`
  if (/^[A-Za-z_]\w*$/.test(name)) return path ? `${path}.${name}` : name
  return path && `${path}['${name.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}']`
}

/** Return the paths of a record with what stands there, outer ones first; of a list the first element stands for all. */
function pathsIn(record: unknown, join: Join): Suggestion[] {
  const found: Suggestion[] = []
  let level: [string, unknown][] = [['', record]]
  for (let depth = 0; depth < MAX_DEPTH && level.length && found.length < MAX_PATHS; depth++) {
    level = level.flatMap(([path, value]) => childrenOf(path, value, join))
    found.push(...level.map(([label, value]): Suggestion => ({ label, kind: 'path', detail: shownShort(value) })))
  }
  return found.slice(0, MAX_PATHS)
}

function childrenOf(path: string, value: unknown, join: Join): [string, unknown][] {
  if (typeof value !== 'object' || value === null) return []
  const isList = Array.isArray(value)
  const inner = isList ? value.slice(0, 1).entries() : Object.entries(value)
  return [...inner].flatMap(([name, child]): [string, unknown][] => {
    const joined = join(path, String(name), isList)
    return joined ? [[joined, child]] : []
  })
}

function targetsIn(schema: Schema | null, before = ''): Suggestion[] {
  return Object.entries(schema?.properties ?? {}).flatMap(([name, part]) => [
    { label: before + name, kind: 'target', detail: [part.type ?? ''].flat().join(', ') },
    ...targetsIn(part, `${before}${name}.`),
  ])
}

/** Return a value as JSON on one line, cut where it is long. */
export function shownShort(value: unknown): string {
  const text = JSON.stringify(value) ?? ''
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text
}
