import { mount, RouterLinkStub } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { placeOf, sentenceOf } from '../src/overview/attention'
import DayChart from '../src/overview/DayChart.vue'
import { QUICK_MS, SLOW_MS, usePolling } from '../src/overview/polling'
import type { Attention } from '../src/overview/types'

const named = { id: '1', slug: 'staff', name: 'Staff' }
const nothing = { moment: '2026-01-02T00:00:00Z', synchronization: null, source: null, runId: null, count: null, status: null, host: null, reason: null }

function attention(kind: string, more: Partial<Attention>): Attention {
  return { ...nothing, kind, ...more }
}

describe('what needs attention', () => {
  it.each([
    ['source_failing', { source: named }, 'The source “Staff” does not answer'],
    ['source_failing', { source: named, status: 403 }, 'The source “Staff” refuses the credentials (status 403)'],
    ['source_failing', { source: named, status: 429 }, 'The source “Staff” takes no more calls for now (status 429)'],
    ['source_failing', { source: named, status: 502 }, 'The source “Staff” answers with an error (status 502)'],
    ['run_failed', { synchronization: named }, 'The last run of “Staff” did not succeed'],
    ['approval', { synchronization: named, count: 1 }, '“Staff” asks before it deletes 1 object'],
    ['records_failed', { synchronization: named, count: 2 }, '2 records of “Staff” could not be handled'],
    ['overdue', { synchronization: named }, '“Staff” has not succeeded since it was to begin'],
  ])('of the kind %s is told in one sentence', (kind, more, sentence) => {
    expect(sentenceOf(attention(kind, more))).toBe(sentence)
  })

  it('tells credentials that have expired from those that will', () => {
    const expiring = attention('credentials_expiring', { source: named })
    expect(sentenceOf(expiring, new Date('2026-01-01'))).toContain('expire soon')
    expect(sentenceOf(expiring, new Date('2026-01-03'))).toContain('have expired')
  })

  it('tells whose certificate expires, and which source needs it', () => {
    const expiring = attention('certificate_expiring', { source: named, host: 'api.example.org' })
    expect(sentenceOf(expiring, new Date('2026-01-01'))).toBe('The certificate of api.example.org, which the source “Staff” asks, expires soon')
    expect(sentenceOf(expiring, new Date('2026-01-03'))).toContain('has expired')
  })

  it('leads to the run that tells more, else to the definition', () => {
    expect(placeOf(attention('run_failed', { synchronization: named, runId: '7' }))).toEqual({ name: 'run', params: { id: '7' } })
    expect(placeOf(attention('source_failing', { source: named }))).toMatchObject({ params: { collection: 'sources', id: 'staff' } })
    expect(placeOf(attention('overdue', { synchronization: named }))).toMatchObject({ params: { collection: 'synchronizations' } })
  })
})

describe('the chart', () => {
  const days = [
    { day: '2026-01-01', written: 1, failed: 0 },
    { day: '2026-01-02', written: 3000, failed: 3000 },
  ]

  it('has every number in its table and shows a day with one object among days with thousands', () => {
    const chart = mount(DayChart, { props: { days }, global: { stubs: { RouterLink: RouterLinkStub } } })
    expect(chart.findAll('tbody tr').map((row) => row.findAll('td').map((cell) => cell.text()))).toEqual([['3,000', '3,000'], ['1', '0']])
    expect(chart.getComponent(RouterLinkStub).props('to')).toEqual({ name: 'runs', query: { day: '2026-01-02' } })
    const heights = chart.findAll('.day-chart__written').map((bar) => Number(bar.attributes('height')))
    expect(heights).toEqual([1, 50])
  })

  it('is a sentence where there is nothing to draw', () => {
    const chart = mount(DayChart, { props: { days: days.map((day) => ({ ...day, written: 0, failed: 0 })) } })
    expect(chart.find('svg').exists()).toBe(false)
    expect(chart.text()).toContain('Nothing was written')
  })
})

describe('asking again', () => {
  let isHidden = false

  beforeEach(() => {
    vi.useFakeTimers()
    vi.spyOn(document, 'hidden', 'get').mockImplementation(() => isHidden)
  })
  afterEach(() => {
    isHidden = false
    vi.restoreAllMocks()
    vi.useRealTimers()
  })

  function asking(answer: { isMore: boolean; isNews: boolean }) {
    const ask = vi.fn(async () => answer)
    const page = mount({ setup: () => void usePolling(ask), template: '<p />' })
    return { ask, page }
  }

  it('is quick while something changes', async () => {
    const { ask } = asking({ isMore: true, isNews: true })
    await vi.advanceTimersByTimeAsync(10 * QUICK_MS)
    expect(ask).toHaveBeenCalledTimes(11)
  })

  it('becomes slow while nothing does', async () => {
    const { ask } = asking({ isMore: true, isNews: false })
    await vi.advanceTimersByTimeAsync(20 * SLOW_MS)
    const before = ask.mock.calls.length
    await vi.advanceTimersByTimeAsync(10 * SLOW_MS)
    expect(ask.mock.calls.length - before).toBe(10)
  })

  it('ends when nothing runs, when nobody looks and when the page is left', async () => {
    const done = asking({ isMore: false, isNews: true })
    const left = asking({ isMore: true, isNews: true })
    const hidden = asking({ isMore: true, isNews: true })
    await vi.advanceTimersByTimeAsync(0)
    left.page.unmount()
    isHidden = true
    document.dispatchEvent(new Event('visibilitychange'))
    await vi.advanceTimersByTimeAsync(10 * SLOW_MS)
    for (const { ask } of [done, left, hidden]) expect(ask).toHaveBeenCalledTimes(1)

    isHidden = false
    document.dispatchEvent(new Event('visibilitychange'))
    await vi.advanceTimersByTimeAsync(0)
    expect(hidden.ask).toHaveBeenCalledTimes(2)
    expect(left.ask).toHaveBeenCalledTimes(1)
  })
})
