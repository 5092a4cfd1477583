/** What the interface answers about contracts. */
import { mdiCheck, mdiDeleteOutline, mdiHelpCircleOutline } from '@mdi/js'
import type { Run } from '../api/types'
import { t } from '../l10n'
import type { Used } from '../runs/types'

export interface Contract {
  id: string
  synchronizationId: string
  originId: string
  targetId: string | null
  state: string
  originHash: string
  targetHash: string
  runId: string
  created: string
  updated: string
}

export interface ContractFailure {
  runId: string
  number: number
  field: string | null
  reason: string
  state: string
  created: string
}

/** A contract with all that is known about how it came to be. */
export interface Story extends Contract {
  name: string | null
  isPersonal: boolean
  definitions: Used[]
  place: { registerId: string; schemaId: string } | null
  run: Run | null
  failures: ContractFailure[]
}

type Shown = [text: string, icon: string]

/** Return what each state of a contract is called and looks like. */
export function contractStates(): Record<string, Shown> {
  return {
    active: [t('In step'), mdiCheck],
    deleted: [t('Deleted by us'), mdiDeleteOutline],
    lost: [t('Gone without us'), mdiHelpCircleOutline],
  }
}
