/** Two people have changed the same thing: what differs, field by field, and what becomes of it. */
import { copied, same, type Value, type Values } from '../forms/schema'

/** What somebody else saved meanwhile. */
export interface Conflict {
  /** What both began with. */
  base: Values
  theirs: Values
}

export interface Difference {
  path: string[]
  mine: Value
  theirs: Value
  /** Whether I changed it; if not, it differs because they did. */
  isMine: boolean
}

/** Return the fields in which mine and theirs differ. A list is one field, and so is what is of another kind. */
export function differences({ base, theirs }: Conflict, mine: Values): Difference[] {
  return walked([], base, mine, theirs)
}

function walked(path: string[], base: Value, mine: Value, theirs: Value): Difference[] {
  if (same(mine, theirs)) return []
  if (!isObject(mine) || !isObject(theirs) || mine.kind !== theirs.kind) return [{ path, mine, theirs, isMine: !same(base, mine) }]
  const names = new Set([...Object.keys(mine), ...Object.keys(theirs)])
  return [...names].flatMap((name) => walked([...path, name], isObject(base) ? base[name] : undefined, mine[name], theirs[name]))
}

/** Return theirs with what is chosen of mine in it. */
export function merged(theirs: Values, chosen: Difference[]): Values {
  const values = copied(theirs)
  for (const { path, mine } of chosen) {
    const place = path.slice(0, -1).reduce<Values>((found, name) => found[name] as Values, values)
    const name = path.at(-1)!
    if (mine === undefined) delete place[name]
    else place[name] = copied(mine)
  }
  return values
}

function isObject(value: Value): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
