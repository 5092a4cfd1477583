/** What needs attention, as a sentence with the place where something can be done about it. */
import { mdiAlertCircleOutline, mdiCertificateOutline, mdiClockAlertOutline, mdiFileAlertOutline, mdiHelpCircleOutline, mdiKeyAlertOutline } from '@mdi/js'
import type { RouteLocationRaw } from 'vue-router'
import { n, t } from '../l10n'
import type { Attention } from './types'

const ICONS: Record<string, string> = {
  credentials_expiring: mdiKeyAlertOutline,
  certificate_expiring: mdiCertificateOutline,
  approval: mdiHelpCircleOutline,
  records_failed: mdiFileAlertOutline,
  overdue: mdiClockAlertOutline,
}

const REFUSALS = [401, 403, 407]
const TOO_MANY = 429

/** Return the icon beside a sentence. */
export function iconOf({ kind }: Attention): string {
  return ICONS[kind] ?? mdiAlertCircleOutline
}

/** Return what is wrong, in one sentence. */
export function sentenceOf(one: Attention, now = new Date()): string {
  const name = (one.synchronization ?? one.source)?.name ?? ''
  switch (one.kind) {
    case 'source_failing':
      return failing(name, one.status)
    case 'credentials_expiring':
      return new Date(one.moment) <= now
        ? t('The credentials of the source “{name}” have expired', { name })
        : t('The credentials of the source “{name}” expire soon', { name })
    case 'certificate_expiring':
      return new Date(one.moment) <= now
        ? t('The certificate of {host}, which the source “{name}” asks, has expired', { name, host: one.host ?? '' })
        : t('The certificate of {host}, which the source “{name}” asks, expires soon', { name, host: one.host ?? '' })
    case 'approval':
      return n('“{name}” asks before it deletes %n object', '“{name}” asks before it deletes %n objects', one.count ?? 0, { name })
    case 'records_failed':
      return n('%n record of “{name}” could not be handled', '%n records of “{name}” could not be handled', one.count ?? 0, { name })
    case 'overdue':
      return t('“{name}” has not succeeded since it was to begin', { name })
    default:
      return t('The last run of “{name}” did not succeed', { name })
  }
}

function failing(name: string, status: number | null): string {
  if (status === null) return t('The source “{name}” does not answer', { name })
  if (REFUSALS.includes(status)) return t('The source “{name}” refuses the credentials (status {status})', { name, status })
  if (status === TOO_MANY) return t('The source “{name}” takes no more calls for now (status {status})', { name, status })
  return t('The source “{name}” answers with an error (status {status})', { name, status })
}

/** Return where something can be done about it: the run that tells more, else the definition. */
export function placeOf({ runId, source, synchronization }: Attention): RouteLocationRaw {
  if (runId) return { name: 'run', params: { id: runId } }
  if (source) return { name: 'definition', params: { collection: 'sources', id: source.slug } }
  return { name: 'definition', params: { collection: 'synchronizations', id: synchronization?.slug } }
}
