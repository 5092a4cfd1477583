import { describe, expect, it } from 'vitest'
import { Problem } from '../src/api/client'
import type { Definition } from '../src/api/types'
import { MASK } from '../src/forms/schema'
import { actionsOf, bulkActionsOf } from '../src/lists/actions'
import { each } from '../src/lists/bulk'
import { n, number, t } from '../src/l10n'
import { footOf } from '../src/navigation'
import { differences, merged } from '../src/pages/conflict'
import { lastDays, periodOf } from '../src/runs/period'
import { freeSlug, withoutSecrets } from '../src/pages/copying'
import { nextOf } from '../src/synchronizations/chain'

const named = (name: string) => ({ id: name, name }) as Definition

describe('an action on several', () => {
  it('goes on after a refusal, and tells of it', async () => {
    const outcome = await each(['a', 'b', 'c'].map(named), async ({ name }) => {
      if (name === 'b') throw new Problem('is used', 409)
    })

    expect(outcome.done.map(({ name }) => name)).toEqual(['a', 'c'])
    expect(outcome.refused.map(({ definition, why }) => [definition.name, why])).toEqual([['b', 'is used']])
  })
})

describe('the actions of a row', () => {
  const reader = (right: string) => right === 'read'
  const editor = (right: string) => ['read', 'change'].includes(right)

  it('are for readers those that change nothing', () => {
    for (const collection of ['sources', 'synchronizations', 'nobody-knows-it']) {
      expect(actionsOf(collection, reader).map(({ name }) => name)).toEqual(['export'])
      expect(bulkActionsOf(collection, reader).map(({ name }) => name)).toEqual(['export'])
    }
  })

  it('are for editors all there are, also of a collection that is not known here', () => {
    expect(actionsOf('synchronizations', editor).map(({ name }) => name)).toEqual(['run', 'dry-run', 'duplicate', 'export', 'delete'])
    expect(actionsOf('nobody-knows-it', editor).map(({ name }) => name)).toEqual(['duplicate', 'export', 'delete'])
    expect(bulkActionsOf('synchronizations', editor).map(({ name }) => name)).toEqual(['run', 'export', 'delete'])
  })
})

describe('the foot of the navigation', () => {
  it.each([
    [['read', 'own'], ['transfer', 'profile']],
    [['read', 'own', 'change'], ['transfer', 'profile']],
    [['read', 'own', 'change', 'administer'], ['transfer', 'settings', 'profile']],
  ])('leads who has the rights %j to %j', (rights, wanted) => {
    expect(footOf((right) => rights.includes(right)).map(({ to }) => (to as { name: string }).name)).toEqual(wanted)
  })
})

describe('a period of runs', () => {
  const now = Date.parse('2026-03-29T12:00:00Z')

  it.each([
    [undefined, undefined, {}],
    ['nonsense', 'nonsense', {}],
    ['day', undefined, { since: '2026-03-28T12:00:00.000Z' }],
    ['hour', '2026-03-28', { since: '2026-03-28T00:00:00.000Z', until: '2026-03-29T00:00:00.000Z' }],
  ])('of %s and %s is %j', (since, day, wanted) => {
    expect(periodOf(since, day, now)).toEqual(wanted)
  })

  it('can be each of the last days', () => {
    expect(lastDays(now).slice(0, 2)).toEqual(['2026-03-29', '2026-03-28'])
  })
})

describe('a number', () => {
  it('is written as the reader does, also where it stands in a sentence', () => {
    expect(number(1707)).toBe('1,707')
    expect(n('%n entry', '%n entries', 1707)).toBe('1,707 entries')
    expect(n('%n entry', '%n entries', 1)).toBe('1 entry')
    expect(t('Page {page} of {pages}', { page: 1, pages: 1200 })).toBe('Page 1 of 1,200')
  })
})

describe('a copy', () => {
  it.each([
    ['bread', [], 'bread-copy'],
    ['bread', ['bread-copy', 'bread-copy-2'], 'bread-copy-3'],
    ['bread-copy', ['bread-copy'], 'bread-copy-2'],
  ])('of %s beside %j is known as %s', (slug, taken, wanted) => {
    expect(freeSlug(slug, taken)).toBe(wanted)
  })

  it('has nothing where a secret is kept, however deep', () => {
    expect(withoutSecrets({ a: MASK, b: [{ c: MASK, d: null }], e: 1 })).toEqual({ a: '', b: [{ c: '', d: null }], e: 1 })
  })
})

describe('a conflict', () => {
  const base = { name: 'a', list: [1], configuration: { kind: 'rest', location: 'x', timeout: 1 } }
  const mine = { name: 'mine', list: [1], configuration: { kind: 'rest', location: 'mine', timeout: 1 } }
  const theirs = { name: 'theirs', list: [1, 2], configuration: { kind: 'rest', location: 'x', timeout: 2 } }

  it('lists the fields that differ, each with whose change it is', () => {
    const found = differences({ base, theirs }, mine)

    expect(found.map(({ path, isMine }) => [path.join('.'), isMine])).toEqual([
      ['name', true],
      ['list', false],
      ['configuration.location', true],
      ['configuration.timeout', false],
    ])
  })

  it('keeps what both changed when nothing else is chosen', () => {
    const chosen = differences({ base, theirs }, mine).filter(({ isMine }) => isMine)

    expect(merged(theirs, chosen)).toEqual({ name: 'mine', list: [1, 2], configuration: { kind: 'rest', location: 'mine', timeout: 2 } })
  })

  it('takes a thing of another kind as a whole, for its fields belong together', () => {
    const other = { ...mine, configuration: { kind: 'folder', path: '/' } }
    const found = differences({ base, theirs }, other)

    expect(found.map(({ path }) => path.join('.'))).toContain('configuration')
    expect(merged(theirs, found)).toEqual(other)
  })
})

describe('the next start of a synchronization', () => {
  it('is the first moment of a schedule that is switched on', () => {
    const moments = (isActive: boolean, ...next: string[]) => ({ isActive, next })
    const next = nextOf([moments(false, '2030-01-01T00:00:00Z'), moments(true, '2030-01-03T00:00:00Z'), moments(true, '2030-01-02T00:00:00Z'), moments(true)])

    expect(next?.toISOString()).toBe('2030-01-02T00:00:00.000Z')
  })

  it('is none where nothing begins by itself', () => {
    expect(nextOf([{ isActive: true, next: [] }])).toBeNull()
  })
})
