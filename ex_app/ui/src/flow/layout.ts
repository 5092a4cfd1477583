/** Where the parts of the flow stand: sources, synchronizations and targets in a column each. */
import type { Flow } from './types'

export const WIDTH = 240
export const HEIGHT = 96
const COLUMN = WIDTH + 100
const ROW = HEIGHT + 24

export interface Place {
  id: string
  type: 'source' | 'synchronization' | 'target'
  position: { x: number; y: number }
  flow: Flow
}

export interface Way {
  id: string
  source: string
  target: string
  flow: Flow
}

function sourceOf(flow: Flow): string {
  return `source:${flow.source?.id ?? ''}`
}

function targetOf(flow: Flow): string {
  return `target:${flow.target.key}`
}

/** Return flows so that those of one source stand together, and within it those of one target. */
export function inOrder(flows: Flow[]): Flow[] {
  const key = (flow: Flow) => [flow.source?.name ?? '', flow.source?.id ?? '', flow.target.title, flow.target.key, flow.name].join('\0')
  return [...flows].sort((one, other) => key(one).localeCompare(key(other)))
}

/** Return a column in which each part stands beside the middle of what belongs to it, without touching another. */
function column(type: Place['type'], x: number, rows: Flow[], idOf: (flow: Flow) => string): Place[] {
  const members = new Map<string, { flow: Flow; rows: number[] }>()
  rows.forEach((flow, row) => {
    const member = members.get(idOf(flow)) ?? { flow, rows: [] }
    member.rows.push(row)
    members.set(idOf(flow), member)
  })
  const wanted = [...members].map(([id, member]) => ({
    id,
    flow: member.flow,
    row: member.rows.reduce((sum, row) => sum + row, 0) / member.rows.length,
  }))
  let free = 0
  return wanted
    .sort((one, other) => one.row - other.row)
    .map(({ id, flow, row }) => {
      const y = Math.max(row, free)
      free = y + 1
      return { id, type, flow, position: { x, y: y * ROW } }
    })
}

/** Return the parts of the flow with their places, and the ways between them. */
export function layout(flows: Flow[]): { places: Place[]; ways: Way[] } {
  const rows = inOrder(flows)
  const places = [
    ...column('source', 0, rows, sourceOf),
    ...column('synchronization', COLUMN, rows, ({ id }) => id),
    ...column('target', 2 * COLUMN, rows, targetOf),
  ]
  const ways = rows.flatMap((flow) => [
    { id: `${flow.id}:in`, source: sourceOf(flow), target: flow.id, flow },
    { id: `${flow.id}:out`, source: flow.id, target: targetOf(flow), flow },
  ])
  return { places, ways }
}
