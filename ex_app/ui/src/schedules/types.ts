/** What the interface answers about schedules, and how people read it. */
import { mdiAlertOutline, mdiCheck, mdiClockOutline, mdiHelpCircleOutline } from '@mdi/js'
import { t } from '../l10n'

/** A moment that came. */
export interface Firing {
  schedule: string
  moment: string
  state: string
  reason: string | null
  missedSince: string | null
  runId: string | null
}

/** A schedule of a synchronization. */
export interface Planned {
  key: string
  synchronizationId: string
  synchronization: string
  schedule: { kind: string; [field: string]: unknown }
  isActive: boolean
  next: string[]
  last: Firing | null
}

type Shown = [text: string, icon: string]

/** Return what the state of a moment is called and looks like; one that came with a later version stands as it is. */
export function firingState(state: string): Shown {
  const known: Record<string, Shown> = {
    waiting: [t('Waits for the run before'), mdiClockOutline],
    started: [t('Started'), mdiCheck],
    missed: [t('Missed'), mdiAlertOutline],
  }
  return known[state] ?? [state, mdiHelpCircleOutline]
}

/** Return a schedule in a few words; the form has the whole of it. */
export function told({ kind, ...fields }: Planned['schedule']): string {
  if (kind === 'cron') return String(fields.expression)
  if (kind === 'once') return t('Once, at {moment}', { moment: String(fields.at) })
  const time = kind === 'calendar_interval' ? String(fields.time) : ''
  const every = String(fields.every)
  const units: Record<string, string> = {
    seconds: t('Every {every} seconds', { every }),
    minutes: t('Every {every} minutes', { every }),
    hours: t('Every {every} hours', { every }),
    days: t('Every {every} days', { every }),
    weeks: t('Every {every} weeks', { every }),
    months: t('Every {every} months', { every }),
    years: t('Every {every} years', { every }),
  }
  return [units[String(fields.unit)] ?? kind, time].filter(Boolean).join(', ')
}
