/** The part of a mapping that decides the result, and its rows as the table shows them. */
import { copied, same, type Values } from '../forms/schema'

export type Casts = string | string[]

export interface Rules {
  mapping: Values
  cast: Record<string, Casts>
  unset: string[]
  passThrough: boolean
  dialect: 'jinja' | 'twig'
  escape: boolean
}

/** What rules are where nothing is said. */
const USUAL: Rules = { mapping: {}, cast: {}, unset: [], passThrough: false, dialect: 'jinja', escape: true }

export const RULES = Object.keys(USUAL) as (keyof Rules)[]

/** Return the rules of a mapping; what it does not say is as usual. */
export function rulesOf(values: Values): Rules {
  return { ...copied(USUAL), ...Object.fromEntries(RULES.filter((name) => values[name] != null).map((name) => [name, values[name]])) }
}

/** Return rules without what is as usual, for people to read. */
export function shortened(rules: Rules): Partial<Rules> {
  return Object.fromEntries(RULES.filter((name) => name === 'mapping' || !same(rules[name], USUAL[name])).map((name) => [name, rules[name]]))
}

/** One target field in the table. */
export interface Row {
  /** Tells rows apart while they are moved and renamed. */
  key: number
  target: string
  /** A path, a template or a text; the JSON of a fixed value. */
  expression: string
  /** The expression is JSON: a number, a list, an object, nothing. */
  isFixed: boolean
  /** Nothing is written here: only the casts of a field that is passed through. */
  isCastOnly: boolean
  /** Names with commas between; a list in JSON where a name holds a comma. */
  casts: string
}

let lastKey = 0

export function newRow(target = ''): Row {
  return { key: ++lastKey, target, expression: '', isFixed: false, isCastOnly: false, casts: '' }
}

/** Return the rows of rules, in the order in which fields are made. */
export function rowsOf({ mapping, cast }: Rules): Row[] {
  const made = Object.entries(mapping).map(([target, value]): Row => ({
    ...newRow(target),
    isFixed: typeof value !== 'string',
    expression: typeof value === 'string' ? value : JSON.stringify(value),
    casts: castText(cast[target] ?? []),
  }))
  const passed = Object.keys(cast).filter((target) => !(target in mapping))
  return [...made, ...passed.map((target) => ({ ...newRow(target), isCastOnly: true, casts: castText(cast[target] ?? []) }))]
}

/** What is wrong with a row, so that it takes no part. */
export type Flaw = 'unnamed' | 'doubled' | 'noJson' | 'noCasts'

/** Return what keeps a row from being used; undefined for one that is right. Of two with one name the first counts. */
export function flawOf(row: Row, rows: Row[]): Flaw | undefined {
  if (row.target === '') return 'unnamed'
  if (rows.find(({ target }) => target === row.target) !== row) return 'doubled'
  if (row.isFixed && jsonIn(row.expression) === undefined) return 'noJson'
  return castsIn(row.casts) === undefined ? 'noCasts' : undefined
}

/** Return rules with their fields and casts as the rows say; rows with a flaw are left out. */
export function withRows(rules: Rules, rows: Row[]): Rules {
  const right = rows.filter((row) => !flawOf(row, rows))
  const made = right.filter((row) => !row.isCastOnly)
  const cast = right.map(({ target, casts }): [string, Casts] => [target, stored(castsIn(casts) ?? [])])
  return {
    ...rules,
    mapping: Object.fromEntries(made.map((row) => [row.target, row.isFixed ? jsonIn(row.expression) : row.expression])),
    cast: Object.fromEntries(cast.filter(([, casts]) => casts.length > 0)),
  }
}

/** Return a list with one thing moved so many places; the list itself where it would leave its ends. */
export function moved<T>(list: T[], index: number, by: number): T[] {
  const to = index + by
  const thing = list[index]
  if (thing === undefined || to < 0 || to >= list.length) return list
  const rest = list.toSpliced(index, 1)
  return rest.toSpliced(to, 0, thing)
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A comma parts casts, and blanks count: what would not come back the same is written as a list. */
function castText(casts: Casts): string {
  const names = typeof casts === 'string' ? casts.split(',') : casts
  return names.every((name) => name.trim() === name && !name.includes(',')) ? names.join(', ') : JSON.stringify(names)
}

function castsIn(text: string): string[] | undefined {
  if (!text.trimStart().startsWith('[')) return text.split(',').map((name) => name.trim()).filter((name) => name !== '')
  const found = jsonIn(text)
  return Array.isArray(found) && found.every((name) => typeof name === 'string') ? found : undefined
}

function stored(names: string[]): Casts {
  const [only] = names
  return names.length === 1 && only !== undefined && !only.includes(',') ? only : names
}
