/** Rules as text: YAML or JSON, as in configuration files. */
import { isMap, isScalar, parseDocument, stringify, type Document, type Pair, type Scalar } from 'yaml'
import type { Values } from '../forms/schema'
import { t } from '../l10n'
import { RULES, rulesOf, shortened, type Rules } from './rules'

/** A part of a text and what is said about it. */
export interface Mark {
  from: number
  to: number
  message: string
}

export interface Reading {
  /** The rules; undefined while the text cannot be read. */
  rules?: Rules
  document: Document
  /** Why it cannot be read. */
  flaws: Mark[]
}

/** Return rules as YAML, without what is as usual. */
export function written(rules: Rules): string {
  return stringify(shortened(rules), { lineWidth: 0 })
}

/** Read rules from YAML or JSON. */
export function read(text: string): Reading {
  const document = parseDocument(text, { prettyErrors: false })
  const errors = document.errors.map(({ pos: [from, to], message }) => ({ from, to: Math.max(to, from + 1), message }))
  if (errors.length) return { document, flaws: errors }
  const flaws = shapeFlaws(document, text)
  return flaws.length ? { document, flaws } : { document, flaws, rules: rulesOf((document.toJS() ?? {}) as Values) }
}

/** The server would overlook a name it does not know: here it is told. */
function shapeFlaws(document: Document, text: string): Mark[] {
  if (document.contents === null) return []
  if (!isMap(document.contents)) return [{ from: 0, to: text.length, message: t('Write names with values, such as “mapping:”.') }]
  const flaws: Mark[] = []
  for (const { key, value } of document.contents.items as Pair<Scalar, Scalar>[]) {
    const name = String(key.value)
    const [from = 0, to = 0] = key.range ?? []
    const shape = SHAPES[name]
    if (!shape) flaws.push({ from, to, message: t('There is no “{name}”. There are: {known}.', { name, known: RULES.join(', ') }) })
    else if (value && !shape.fits(value.toJSON())) flaws.push({ from, to, message: shape.message() })
  }
  return flaws
}

const isObject = (value: unknown) => value === null || (typeof value === 'object' && !Array.isArray(value))
const isSwitch = { fits: (value: unknown) => typeof value === 'boolean', message: () => t('Write true or false.') }
const SHAPES: Record<string, { fits: (value: unknown) => boolean; message: () => string }> = {
  mapping: { fits: isObject, message: () => t('Below it, write target fields with what stands there.') },
  cast: { fits: isObject, message: () => t('Below it, write target fields with their casts.') },
  unset: { fits: (value) => value === null || Array.isArray(value), message: () => t('Below it, write a list of paths.') },
  passThrough: isSwitch,
  escape: isSwitch,
  dialect: { fits: (value) => value === 'jinja' || value === 'twig', message: () => t('Write jinja or twig.') },
}

/** Return where in a text the server's field is, such as `mapping.address.city`: targets may hold dots themselves. */
export function placeOf({ document }: Reading, text: string, field: string, line = 0, column = 0): Omit<Mark, 'message'> {
  const [head = '', ...rest] = field.split('.')
  const section = pairOf(document.contents, head)
  const inner = pairOf(section?.value, rest.join('.'))
  const found = inner ?? section
  if (!found) return { from: 0, to: text.length }
  const value = found.value
  if (line > 0 && isScalar(value) && value.range) return within(text, value as Scalar, line, column)
  const [from, to] = (inner && isScalar(value) && value.range) || found.key.range || [0, 0]
  return { from, to: Math.max(to, from + 1) }
}

type KeyedPair = Pair<Scalar, unknown>

/** Return the pair of a name, or of the longest name that the path begins with. */
function pairOf(node: unknown, path: string): KeyedPair | undefined {
  if (!isMap(node)) return undefined
  const pairs = node.items as KeyedPair[]
  const fitting = pairs.filter(({ key }) => path === String(key.value) || path.startsWith(`${key.value}.`))
  return fitting.toSorted((one, other) => String(other.key.value).length - String(one.key.value).length)[0]
}

/** A line and column within a value, as far as quotes and folding let them be found; the whole value otherwise. */
function within(text: string, value: Scalar, line: number, column: number): Omit<Mark, 'message'> {
  const [start, end] = value.range ?? [0, 0]
  const from = placeIn(text.slice(start, end), value.type ?? '', line, column)
  if (from === undefined) return { from: start, to: end }
  const word = /^[\w.]+/.exec(text.slice(start + from, end))?.[0].length ?? 1
  return { from: start + from, to: start + from + word }
}

function placeIn(part: string, type: string, line: number, column: number): number | undefined {
  if (type === 'BLOCK_LITERAL') {
    const lines = part.split('\n')
    const indent = /^ */.exec(lines[1] ?? '')?.[0].length ?? 0
    const before = lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0)
    return before + indent + column - 1 < part.length ? before + indent + column - 1 : undefined
  }
  if (line !== 1 || part.includes('\n')) return undefined
  const place = column - 1 + (type === 'PLAIN' ? 0 : 1)
  return place < part.length ? place : undefined
}
