/** The lines of a run's log as people read them. What a later version writes stands as it is. */
import { t } from '../l10n'
import { stateOf } from '../pages/states'
import { modes, type LogLine } from './types'

function events(): Record<string, string> {
  return {
    'run started': t('The run began'),
    'run taken up again': t('The run was taken up again'),
    'run waits': t('The run waits'),
    'run ended': t('The run ended'),
    'record not handled': t('A record could not be handled'),
    'more records failed': t('More records could not be handled'),
    'duplicate ids': t('Records with the same id'),
    'deleting objects whose records are gone': t('Objects whose records are gone are deleted'),
    'object not deleted': t('An object could not be deleted'),
    'objects gone at the target': t('Objects have disappeared from the target'),
    'differences unknown': t('Differences cannot be told'),
  }
}

function names(): Record<string, string> {
  return {
    originId: t('Record'),
    originIds: t('Records'),
    targetId: t('Object'),
    reason: t('Reason'),
    stage: t('Step'),
    field: t('Field'),
    count: t('Number'),
    mode: t('Mode'),
    source: t('Source'),
    target: t('Target'),
    state: t('State'),
    pages: t('Pages'),
    until: t('Until'),
  }
}

/** What a line says twice is left out: how a record is counted follows from the step it failed in. */
const LEFT_OUT = new Set(['verdict'])

/** Return what happened. */
export function eventOf({ event }: LogLine): string {
  return events()[event] ?? event
}

function told(name: string, value: unknown): string {
  if (name === 'mode') return modes()[String(value)] ?? String(value)
  if (name === 'state') return stateOf(String(value))[0]
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Return what more there is to tell, by name. */
export function fieldsOf({ fields }: LogLine): [name: string, value: string][] {
  const known = names()
  return Object.entries(fields)
    .filter(([name, value]) => !LEFT_OUT.has(name) && value !== null && value !== '')
    .map(([name, value]) => [known[name] ?? name, told(name, value)])
}
