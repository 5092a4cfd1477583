/** Values as the cells of a table hold them. */

/** Return a value as a cell of a table can hold it. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return '–'
  return typeof value === 'string' ? value : JSON.stringify(value)
}
