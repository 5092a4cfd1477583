/** What can be done with a definition from its row in a list. */
import { mdiConnection, mdiContentDuplicate, mdiDeleteOutline, mdiDownloadOutline, mdiPlay, mdiPlaylistCheck } from '@mdi/js'
import { t } from '../l10n'

export type ActionName = 'run' | 'dry-run' | 'test' | 'duplicate' | 'export' | 'delete'

/** Says whether the reader has a right. */
type May = (right: string) => boolean

export interface RowAction {
  name: ActionName
  title: string
  /** The path of an icon of 24 by 24. */
  icon: string
}

/** Return the actions of a collection that the reader may take, in the order in which menus show them. */
export function actionsOf(collection: string, may: May): RowAction[] {
  const saving: RowAction = { name: 'export', title: t('Export'), icon: mdiDownloadOutline }
  if (!may('change')) return [saving]
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
    saving,
    { name: 'delete', title: t('Delete'), icon: mdiDeleteOutline },
  ]
}

/** Return what can be done with several definitions at once. */
export function bulkActionsOf(collection: string, may: May): RowAction[] {
  const alone: ActionName[] = ['dry-run', 'test', 'duplicate']
  return actionsOf(collection, may).filter(({ name }) => !alone.includes(name))
}
