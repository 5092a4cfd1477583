/** What the interface answers about runs. */
import type { Run } from '../api/types'
import { t } from '../l10n'

export interface LogLine {
  id: number
  at: string
  level: string
  event: string
  fields: Record<string, unknown>
}

/** A revision something was made by, and its definition as it stands now. */
export interface Used {
  collection: string
  id: string
  name: string | null
  revision: number
  newest: number | null
}

export interface WatchedRun extends Run {
  contracts: { before: number | null; after: number | null }
  parentId: string | null
  due: string | null
  log: LogLine[]
  cursor: number
  expected: number | null
  definitions: Used[]
}

export interface Difference {
  path: string
  before: unknown
  after: unknown
}

export interface Failure {
  number: number
  originId: string | null
  verdict: string
  stage: string
  field: string | null
  reason: string
  record: unknown
  state: string
}

/** Some rows of a list that goes on behind a cursor. */
export interface Portion<T> {
  results: T[]
  cursor: number
}

/** States in which a run goes on by itself. */
export const AT_WORK = ['queued', 'running', 'waiting']

/** Return the records of a run that nothing became of. */
export function lostOf({ balance }: Run): number {
  return balance.failed + balance.invalid
}

/** Return what each way to run is called. */
export function modes(): Record<string, string> {
  return { run: t('Run'), dry_run: t('Dry run'), changes: t('Run over what changed'), replay: t('Second try of failed records') }
}

/** Return what each beginning of a run is called. */
export function triggers(): Record<string, string> {
  return {
    manual: t('By hand'),
    command: t('By a command'),
    schedule: t('By its schedule'),
    webhook: t('By something that happened'),
    follow_up: t('By another run'),
  }
}
