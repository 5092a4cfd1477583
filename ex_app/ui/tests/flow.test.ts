import { describe, expect, it } from 'vitest'
import { AT_ONCE, fitting, paged } from '../src/flow/finding'
import { firstView, inOrder, layout } from '../src/flow/layout'
import type { Flow } from '../src/flow/types'

function flow(name: string, source: string, target: string): Flow {
  return {
    id: name,
    slug: name,
    name,
    isEnabled: true,
    source: { id: source, slug: source, name: source, kind: 'rest', isEnabled: true },
    mapping: null,
    target: { key: target, kind: 'rest', title: 'REST', place: target },
    run: null,
  }
}

const FLOWS = [flow('c', 'two', 'y'), flow('a', 'one', 'x'), flow('d', 'two', 'x'), flow('b', 'one', 'y')]

describe('the drawing of the flow', () => {
  it('shows each source, synchronization and target once, in a column of its own', () => {
    const { places, ways } = layout(FLOWS)
    const columns = (['source', 'synchronization', 'target'] as const).map((type) => places.filter((one) => one.type === type))

    expect(columns.map((column) => column.length)).toEqual([2, 4, 2])
    expect(new Set(columns.map((column) => new Set(column.map(({ position }) => position.x)).size))).toEqual(new Set([1]))
    expect(ways).toHaveLength(8)
  })

  it('lets no two parts touch, however many there are', () => {
    const many = Array.from({ length: 60 }, (_, at) => flow(`flow ${at}`, `source ${at % 7}`, `target ${at % 11}`))
    const taken = layout(many).places.map(({ position }) => `${position.x}/${position.y}`)
    const heights = layout(many).places.filter(({ type }) => type === 'target').map(({ position }) => position.y)

    expect(new Set(taken).size).toBe(taken.length)
    expect(Math.min(...heights.slice(1).map((y, at) => y - heights[at]!))).toBeGreaterThanOrEqual(96)
  })

  it('keeps what comes from one source together', () => {
    expect(inOrder(FLOWS).map(({ name }) => name)).toEqual(['a', 'b', 'd', 'c'])
  })
})

describe('the first view of the flow', () => {
  const box = { width: 900, height: 500 }

  it('is all of it where that can be read', () => {
    const { x, y, zoom } = firstView(box, { width: 920, height: 600 })

    expect(zoom).toBeGreaterThan(0.5)
    expect([x, y, x + 920 * zoom <= box.width, y + 600 * zoom <= box.height].every(Boolean)).toBe(true)
  })

  it('is its upper part, still readable, where all of it is too much', () => {
    for (const width of [300, 900]) expect(firstView({ ...box, width }, { width: 920, height: 6_000 })).toMatchObject({ x: 16, y: 16 })
    expect(firstView({ width: 300, height: 500 }, { width: 920, height: 6_000 }).zoom).toBe(0.5)
  })

  it('has the source and the target of what it begins with in sight', () => {
    const { places } = layout(Array.from({ length: 60 }, (_, at) => flow(`flow ${at}`, 'one', 'x')))

    expect(Math.max(...places.filter(({ type }) => type !== 'synchronization').map(({ position }) => position.y))).toBeLessThan(500)
  })
})

describe('a flow of very many', () => {
  const many = Array.from({ length: 1_000 }, (_, at) => ({
    ...flow(`flow ${at}`, `source ${at % 7}`, `target ${at}`),
    run: at === 7 ? { id: 'run', state: 'failed', queued: '', failed: 1 } : null,
  }))

  it('is drawn a page at a time, and every one of it has its page', () => {
    const { pages, total } = paged(many, 1)
    const seen = Array.from({ length: pages }, (_, at) => paged(many, at + 1).results)

    expect(total).toBe(many.length)
    expect(Math.max(...seen.map(({ length }) => length))).toBe(AT_ONCE)
    expect(seen.flat()).toEqual(many)
  })

  it('has a last page wherever an address asks for a later one', () => {
    expect(paged(many, 5_000)).toEqual(paged(many, paged(many, 1).pages))
    expect(paged([], 3)).toMatchObject({ results: [], page: 1, pages: 1 })
  })

  it('is found by name, by place and by how it stands', () => {
    expect(fitting(many, 'flow 77').map(({ name }) => name)).toContain('flow 777')
    expect(fitting(many, 'TARGET 41').every(({ target }) => target.place.includes('target 41'))).toBe(true)
    expect(fitting(many, 'failed').map(({ name }) => name)).toEqual(['flow 7'])
  })
})
