/** Which flows are shown: those that fit a search, so many at a time. */
import type { Listing } from '../api/client'
import { t } from '../l10n'
import { stateOf } from '../pages/states'
import { inOrder } from './layout'
import type { Flow } from './types'

/** Synchronizations of one page: more can neither be told apart in a drawing nor be drawn at once. */
export const AT_ONCE = 50

/** Return the flows of which a name, a place or the state holds a text, those of one source together. */
export function fitting(flows: Flow[], text: string): Flow[] {
  const wanted = text.trim().toLowerCase()
  return inOrder(flows.filter((flow) => wordsOf(flow).some((word) => word?.toLowerCase().includes(wanted))))
}

function wordsOf({ name, isEnabled, source, mapping, target, run }: Flow): (string | undefined)[] {
  return [name, source?.name, mapping?.name, target.title, target.place, run ? stateOf(run.state)[0] : t('Has not run yet'), isEnabled ? '' : t('Switched off')]
}

/** Return one page of flows; where there is no such page, the last one. */
export function paged(flows: Flow[], wanted: number): Listing<Flow> {
  const pages = Math.max(1, Math.ceil(flows.length / AT_ONCE))
  const page = Math.min(Math.max(1, wanted), pages)
  return { results: flows.slice((page - 1) * AT_ONCE, page * AT_ONCE), total: flows.length, page, pages }
}
