/** The rows of a JSON value that is shown as a tree. */
import { n } from '../l10n'
import { keyOf } from './paths'

/** Where the whole answer is the list. */
export const ROOT = '_root'

export interface TreeRow {
  /** What tells it from every other row. */
  id: string
  /** Its path, as `resultsPosition` takes it. */
  position: string
  name: string
  /** What stands there, in short. */
  summary: string
  level: number
  size: number
  place: number
  isOpen: boolean
  hasChildren: boolean
}

/** Return the rows that are to be seen: the children of what is open. ``counts`` tells how long the lists really are. */
export function rowsOf(value: unknown, open: Set<string>, counts: Map<string, number>, name: string): TreeRow[] {
  const root = { id: '', position: Array.isArray(value) ? ROOT : '', name, level: 1, size: 1, place: 1 }
  return [...rowsFrom(value, root, open, counts)]
}

type Begun = Pick<TreeRow, 'id' | 'position' | 'name' | 'level' | 'size' | 'place'>

function* rowsFrom(value: unknown, begun: Begun, open: Set<string>, counts: Map<string, number>): Generator<TreeRow> {
  const children = childrenOf(value)
  const isOpen = children.length > 0 && open.has(begun.id)
  yield { ...begun, summary: summaryOf(value, counts.get(begun.position)), isOpen, hasChildren: children.length > 0 }
  if (!isOpen) return
  for (const [index, [key, inner]] of children.entries()) {
    const isWithinList = Array.isArray(value)
    const step = isWithinList ? '' : keyOf(key)
    yield* rowsFrom(
      inner,
      {
        id: `${begun.id}/${key}`,
        position: isWithinList ? `${begun.position}[]` : begun.position ? `${begun.position}.${step}` : step,
        name: isWithinList ? `[${key}]` : key,
        level: begun.level + 1,
        size: children.length,
        place: index + 1,
      },
      open,
      counts,
    )
  }
}

function childrenOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}

function summaryOf(value: unknown, count?: number): string {
  if (Array.isArray(value)) return n('list of %n', 'list of %n', count ?? value.length)
  if (typeof value === 'object' && value !== null) return n('%n field', '%n fields', Object.keys(value).length)
  return JSON.stringify(value) ?? ''
}

/** Return the ids of everything on the way to a position, so that it can be seen. */
export function wayTo(position: string): string[] {
  const ids = ['']
  if (position === ROOT) return ids
  for (const key of position.split('.')) ids.push(`${ids.at(-1)}/${key.replaceAll('&#46;', '.')}`)
  return ids
}
