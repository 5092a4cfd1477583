/** Entries of the audit trail, in words. */
import type { RouteLocationRaw } from 'vue-router'
import { t } from '../../l10n'
import { useCatalogue } from '../../stores/catalogue'

export interface Entry {
  number: number
  at: string
  who: string
  action: string
  subject: string
  subjectId: string
  name: string
  revision: number | null
  details: Record<string, unknown>
}

/** Return what else there is to say of an entry, a line for each: a change with what was and what is. */
export function detailsOf({ details }: Entry): string[] {
  return Object.entries(details).flatMap(([name, value]) => (isChanges(value) ? Object.entries(value).map(changeTold) : `${name}: ${written(value)}`))
}

interface Changed {
  before: unknown
  after: unknown
}

function isChanges(value: unknown): value is Record<string, Changed> {
  const parts = value && typeof value === 'object' && !Array.isArray(value) ? Object.values(value) : []
  return parts.length > 0 && parts.every((part) => part && typeof part === 'object' && 'before' in part && 'after' in part)
}

function changeTold([name, { before, after }]: [string, Changed]): string {
  return `${name}: ${written(before)} → ${written(after)}`
}

function written(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Return what was done, to what, and where that is to be seen. */
export function useAuditWords() {
  const catalogue = useCatalogue()
  const collectionOf = (entry: Entry) => catalogue.byName.get(`${entry.subject}s`)
  const actions: Record<string, string> = {
    create: t('Created'),
    update: t('Changed'),
    delete: t('Deleted'),
    approve: t('Approved'),
    login: t('Logged in'),
    logout: t('Logged out'),
  }
  const subjects: Record<string, string> = {
    account: t('Account'),
    key: t('Key'),
    register: t('Register'),
    run: t('Run'),
    schema: t('Schema'),
    settings: t('Settings'),
  }

  return {
    /** A word of a later version stays as the server has it. */
    actionOf: (entry: Entry) => actions[entry.action] ?? entry.action,
    subjectOf: (entry: Entry) => collectionOf(entry)?.singular ?? subjects[entry.subject] ?? entry.subject,
    wayTo(entry: Entry): RouteLocationRaw | null {
      const collection = collectionOf(entry)
      if (!collection || entry.action === 'delete') return null
      return { name: 'definition', params: { collection: collection.name, id: entry.subjectId } }
    },
  }
}
