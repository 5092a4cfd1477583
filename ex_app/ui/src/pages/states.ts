/** The states of a run as people read them, each with its icon. */
import { mdiAlertOutline, mdiCancel, mdiCheck, mdiClockOutline, mdiCloseCircleOutline, mdiHelpCircleOutline, mdiProgressClock } from '@mdi/js'
import { t } from '../l10n'

type Shown = [text: string, icon: string]

/** Return what each state is called and looks like. */
export function statesOf(): Record<string, Shown> {
  return {
    queued: [t('Queued'), mdiClockOutline],
    running: [t('Running'), mdiProgressClock],
    waiting: [t('Waiting'), mdiClockOutline],
    needs_approval: [t('Needs approval'), mdiHelpCircleOutline],
    succeeded: [t('Succeeded'), mdiCheck],
    partial: [t('Partly succeeded'), mdiAlertOutline],
    failed: [t('Failed'), mdiCloseCircleOutline],
    cancelled: [t('Cancelled'), mdiCancel],
  }
}

/** Return what a state is called and looks like; one that came with a later version stands as it is. */
export function stateOf(state: string): Shown {
  return statesOf()[state] ?? [state, mdiHelpCircleOutline]
}
