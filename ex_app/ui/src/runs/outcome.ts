/** What a run came to, in one sentence, and what to do next. */
import { n, t } from '../l10n'
import { lostOf, type WatchedRun } from './types'

export interface Outcome {
  sentence: string
  advice: string
  tone: 'success' | 'warning' | 'error' | 'info'
  /** Whether this is all there is to say; otherwise the words of the error stand beneath. */
  isWhole?: boolean
}

/** Where the remedy is told by the kind of the error, its own words stand beneath. */
function remedies(): Record<string, [sentence: string, advice: string]> {
  const later = t('Test the connection of the source; run it again when the other side answers.')
  const unreachable = t('The other side could not be reached, or did not answer.')
  return {
    'credentials-rejected': [t('The other side does not accept our credentials.'), t('Enter them again in the source and test the connection.')],
    'address-forbidden': [t('The address may not be reached from here.'), t('An administrator can allow private networks in the source or in the settings.')],
    'incomplete-read': [t('The source was not read to its end.'), t('Nothing was deleted. Test the source, then run it again.')],
    'malformed-answer': [t('The source answered something that could not be read.'), t('Test the source and look at what it answers; its paths or its decoder may have to be changed.')],
    'endless-read': [t('The source gave the same page again and again.'), t('Choose another way of paging in the source.')],
    'limit-exceeded': [t('The source gave more than is allowed.'), t('Let it give less at once, or raise the limit in the source.')],
    'objects-missing': [t('Some objects have disappeared from the target.'), t('Run it again: they are written once more.')],
    'deletions-failed': [t('Some objects could not be deleted.'), t('The log names them and says why.')],
    'storage-failed': [t('The database could not be written.'), t('See whether its disk is full, then run it again.')],
    transient: [unreachable, later],
    unavailable: [unreachable, later],
    'not-sent': [unreachable, later],
    'maybe-sent': [unreachable, later],
    'rate-limited': [t('The other side asks us to slow down.'), t('Run it again later, or set a lower rate in the source.')],
  }
}

/** Return what became of a run that has ended or stands still; null while it works. */
export function outcomeOf(run: WatchedRun): Outcome | null {
  if (run.state === 'queued' || run.state === 'running') return null
  if (run.state === 'needs_approval') return run.mode === 'dry_run' ? asking(run) : null
  if (run.state === 'waiting') return waiting(run)
  if (run.state === 'cancelled') {
    return { sentence: t('It was stopped.'), advice: t('What was done before stands. Run it again to go on; nothing is done twice.'), tone: 'info', isWhole: true }
  }
  if (run.state === 'succeeded') return run.mode === 'dry_run' ? tried(run) : done(run)
  return broken(run)
}

function waiting(run: WatchedRun): Outcome {
  const sentence = t('The other side does not answer now.')
  const when = run.due ? new Date(run.due).toLocaleTimeString() : ''
  return { sentence, advice: t('It goes on by itself at {when}. You need not stay here.', { when }), tone: 'info' }
}

function done({ balance }: WatchedRun): Outcome {
  const written = balance.created + balance.updated + balance.deleted
  const sentence = written
    ? n('%n object was written: {created} new, {updated} changed, {deleted} deleted.', '%n objects were written: {created} new, {updated} changed, {deleted} deleted.', written, balance)
    : n('%n record was looked at, and nothing had to be written.', '%n records were looked at, and nothing had to be written.', balance.found)
  return { sentence, advice: t('There is nothing left to do.'), tone: 'success' }
}

function tried({ balance }: WatchedRun): Outcome {
  const { created, updated, deleted, unchanged } = balance
  return {
    sentence: t('It would write {created} new objects, change {updated} and delete {deleted}. {unchanged} are as they should be.', { created, updated, deleted, unchanged }),
    advice: t('Nothing was written. Look at the differences, then run the synchronization.'),
    tone: 'info',
  }
}

function asking(run: WatchedRun): Outcome {
  const advice = n('A run would ask before it deletes %n object.', 'A run would ask before it deletes %n objects.', run.deletionsPending)
  return { sentence: tried(run).sentence, advice, tone: 'warning' }
}

function broken(run: WatchedRun): Outcome {
  const tone = run.state === 'partial' ? 'warning' : 'error'
  const lost = lostOf(run)
  if (run.error?.code === 'records-failed' || (lost && !run.error)) {
    return {
      sentence: n('%n of {found} records could not be handled.', '%n of {found} records could not be handled.', lost, { found: run.balance.found }),
      advice: t('Each tells below why. Mend the source or the mapping, then try again.'),
      tone,
      isWhole: true,
    }
  }
  const found = remedies()[run.error?.code ?? '']
  if (found) return { sentence: found[0], advice: found[1], tone }
  return { sentence: t('The run could not be carried out.'), advice: t('What it says below has to be changed; then run it again.'), tone }
}
