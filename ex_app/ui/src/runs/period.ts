/** Which runs by when they begun: as people choose it, and as the server is asked. */

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const DAYS = 30
const PERIODS: Record<string, number> = { hour: HOUR_MS, day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS }

export interface Period {
  since?: string
  until?: string
}

/** Return the moments between which runs begun: on a day in UTC, such as `2026-03-28`, else in the last hour, day, week or month. */
export function periodOf(since: string | undefined, day: string | undefined, now = Date.now()): Period {
  const begin = Date.parse(`${day}T00:00:00Z`)
  if (!Number.isNaN(begin)) return { since: moment(begin), until: moment(begin + DAY_MS) }
  const back = PERIODS[since ?? '']
  return back ? { since: moment(now - back) } : {}
}

/** Return the last 30 days in UTC, the newest first. */
export function lastDays(now = Date.now()): string[] {
  return Array.from({ length: DAYS }, (_, ago) => moment(now - ago * DAY_MS).slice(0, 'yyyy-mm-dd'.length))
}

function moment(at: number): string {
  return new Date(at).toISOString()
}
