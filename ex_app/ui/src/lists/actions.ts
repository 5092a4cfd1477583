/** What can be done with a definition from its row in a list. */
import { mdiConnection, mdiContentDuplicate, mdiDeleteOutline, mdiDownloadOutline, mdiPlay, mdiPlaylistCheck } from '@mdi/js'
import { t } from '../l10n'

export type ActionName = 'run' | 'dry-run' | 'test' | 'duplicate' | 'export' | 'delete'

export interface RowAction {
  name: ActionName
  title: string
  /** The path of an icon of 24 by 24. */
  icon: string
}

/** Return the actions of a collection, in the order in which menus show them. */
export function actionsOf(collection: string): RowAction[] {
  const own: Record<string, RowAction[]> = {
    synchronizations: [
      { name: 'run', title: t('Run'), icon: mdiPlay },
      { name: 'dry-run', title: t('Dry run'), icon: mdiPlaylistCheck },
    ],
    sources: [{ name: 'test', title: t('Test the connection'), icon: mdiConnection }],
  }
  return [
    ...(own[collection] ?? []),
    { name: 'duplicate', title: t('Duplicate'), icon: mdiContentDuplicate },
    { name: 'export', title: t('Export'), icon: mdiDownloadOutline },
    { name: 'delete', title: t('Delete'), icon: mdiDeleteOutline },
  ]
}

/** Return what can be done with several definitions at once. */
export function bulkActionsOf(collection: string): RowAction[] {
  const alone: ActionName[] = ['dry-run', 'test', 'duplicate']
  return actionsOf(collection).filter(({ name }) => !alone.includes(name))
}
