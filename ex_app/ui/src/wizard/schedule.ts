/** When a synchronization begins, as most people want it, and as schedules have it. */
import type { Values } from '../forms/schema'

export type When = 'hand' | 'hour' | 'day' | 'other'

export const HOURLY: Values = { kind: 'interval', every: 1, unit: 'hours' }

/** Return the schedule of a time of day, on the clocks of whoever makes it. */
export function daily(time: string): Values {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions()
  return { kind: 'calendar_interval', every: 1, unit: 'days', start: new Date().toISOString().slice(0, 10), time, timezone: timeZone }
}

/** Return which of the usual choices a schedule is. */
export function whenOf(schedule: Values | undefined): When {
  if (!schedule) return 'hand'
  const { kind, every, unit } = schedule
  if (every !== 1) return 'other'
  if (kind === 'interval' && unit === 'hours') return 'hour'
  return kind === 'calendar_interval' && unit === 'days' ? 'day' : 'other'
}
