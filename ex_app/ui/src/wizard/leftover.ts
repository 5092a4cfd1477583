/** What was chosen for the records of one source and does not fit those of another. */
import type { Values } from '../forms/schema'
import type { Sample } from './draft'
import type { FieldRow } from './fields'
import { isIn } from './paths'

/** Return what was chosen about the records without what the answer does not have: the list, or what tells records apart. */
export function stillThere(choice: Values, { isSuccessful, lists, records }: Sample): Values {
  const { resultsPosition, idPosition, ...others } = choice
  const isListGone = Boolean(resultsPosition) && !isSuccessful && lists.length > 0 && !lists.some(({ isRead }) => isRead)
  if (isListGone) return others
  const path = String(idPosition ?? '')
  const isKeyGone = path !== '' && !path.startsWith('$') && records.length > 0 && !records.some((record) => isIn(record, path))
  return isKeyGone ? { ...others, resultsPosition } : choice
}

/** Return whether a row reads a field that none of the records has. */
export function isGone({ from, path }: FieldRow, records: unknown[]): boolean {
  return path !== '' && from === path && records.length > 0 && !records.some((record) => isIn(record, path))
}

/** Return whether rows were made for other records: there are some that read fields, and none of these is there. */
export function areOfOthers(rows: FieldRow[], records: unknown[]): boolean {
  const reading = rows.filter(({ from, path }) => path !== '' && from === path)
  return reading.length > 0 && reading.every((row) => isGone(row, records))
}
