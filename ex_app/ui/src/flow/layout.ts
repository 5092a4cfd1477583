/** Where the parts of the flow stand: sources, synchronizations and targets in a column each. */
import type { Flow } from './types'

export const WIDTH = 240
export const HEIGHT = 96
const COLUMN = WIDTH + 100
const ROW = HEIGHT + 24

/** How many rows below the first of what belongs to it a part stands at most: what begins in sight has its part in sight. */
const MOST_BELOW = 2

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

/** Return a column in which each part stands beside the middle of what belongs to it, or its upper rows, without touching another. */
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
    row: Math.min(member.rows.reduce((sum, row) => sum + row, 0) / member.rows.length, member.rows[0]! + MOST_BELOW),
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

interface Box {
  width: number
  height: number
}

/** With less zoom than this nothing can be read. */
const READABLE = 0.5
const MARGIN = 16

/** Return how much of a drawing is shown at first: all of it where that can be read, else its upper part. */
export function firstView(box: Box, { width, height }: Box): { x: number; y: number; zoom: number } {
  const wide = (box.width - 2 * MARGIN) / width
  const all = Math.min(1, wide, (box.height - 2 * MARGIN) / height)
  const zoom = all >= READABLE ? all : Math.max(READABLE, Math.min(1, wide))
  const middle = (inside: number, size: number) => Math.max(MARGIN, (inside - size * zoom) / 2)
  return { x: middle(box.width, width), y: middle(box.height, height), zoom }
}

/** Return the parts of the flow with their places, the ways between them, and how large it all is. */
export function layout(flows: Flow[]): { places: Place[]; ways: Way[]; size: Box } {
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
  const lowest = Math.max(0, ...places.map(({ position }) => position.y))
  return { places, ways, size: { width: 2 * COLUMN + WIDTH, height: lowest + HEIGHT } }
}
