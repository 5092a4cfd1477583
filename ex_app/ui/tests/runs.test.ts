import { describe, expect, it } from 'vitest'
import { outcomeOf } from '../src/runs/outcome'
import { shareOf, timeLeft } from '../src/runs/pace'
import type { WatchedRun } from '../src/runs/types'

const START = '2026-01-01T12:00:00Z'
const NOTHING = { found: 0, created: 0, updated: 0, unchanged: 0, skipped: 0, invalid: 0, failed: 0, deleted: 0 }

function run(given: Partial<WatchedRun>): WatchedRun {
  return { state: 'running', mode: 'run', started: START, expected: 120, error: null, ...given, balance: { ...NOTHING, ...given.balance } } as WatchedRun
}

describe('a run at work', () => {
  it('tells how long it may still take by its pace so far', () => {
    const now = Date.parse(START) + 10 * 60_000

    expect(timeLeft(run({ balance: { ...NOTHING, found: 40 } }), now)).toBe('about 20 minutes left')
    expect(timeLeft(run({ balance: { ...NOTHING, found: 119 } }), now)).toBe('less than a minute left')
  })

  it.each<Partial<WatchedRun>>([{ expected: null }, { started: null }, { balance: NOTHING }, { balance: { ...NOTHING, found: 121 } }])(
    'promises nothing where nobody knows: %o',
    (given) => {
      expect(timeLeft(run({ balance: { ...NOTHING, found: 40 }, ...given }), Date.parse(START) + 1_000)).toBe('')
    },
  )

  it('is never at its end before it has ended', () => {
    expect(shareOf(run({ balance: { ...NOTHING, found: 500 } }))).toBe(99)
    expect(outcomeOf(run({}))).toBeNull()
  })
})

describe('what a run came to', () => {
  it.each<[string, string, Partial<WatchedRun>]>([
    ['nothing had to be written', 'success', { state: 'succeeded', balance: { ...NOTHING, found: 2, unchanged: 2 } }],
    ['Nothing was written', 'info', { state: 'succeeded', mode: 'dry_run' }],
    ['2 of 5 records', 'warning', { state: 'partial', balance: { ...NOTHING, found: 5, failed: 2 }, error: { code: 'records-failed', message: '' } }],
    ['credentials', 'error', { state: 'failed', error: { code: 'credentials-rejected', message: '' } }],
    ['has to be changed', 'error', { state: 'failed', error: { code: 'a-new-one', message: '' } }],
    ['goes on by itself', 'info', { state: 'waiting', due: START }],
    ['would ask before it deletes 7 objects', 'warning', { state: 'needs_approval', mode: 'dry_run', deletionsPending: 7 }],
  ])('is said in a sentence with what to do next: %s', (words, tone, given) => {
    const outcome = outcomeOf(run(given))!

    expect(`${outcome.sentence} ${outcome.advice}`).toContain(words)
    expect(outcome.tone).toBe(tone)
  })
})
