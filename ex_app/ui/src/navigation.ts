/** What stands in the navigation beside every page. */
import {
  mdiAccountOutline,
  mdiArchiveOutline,
  mdiCalendarClockOutline,
  mdiCogOutline,
  mdiDatabaseOutline,
  mdiHistory,
  mdiLinkVariant,
  mdiMapMarkerPath,
  mdiShapeOutline,
  mdiSitemapOutline,
  mdiSwapHorizontal,
  mdiSync,
  mdiViewDashboardOutline,
} from '@mdi/js'
import type { RouteLocationRaw } from 'vue-router'
import type { Collection } from './api/types'
import { t } from './l10n'

export interface Entry {
  title: string
  /** The path of an icon of 24 by 24. */
  icon: string
  to: RouteLocationRaw
}

/** A collection that came with a later version has the icon of all others. */
const ICONS: Record<string, string> = { sources: mdiDatabaseOutline, mappings: mdiMapMarkerPath, synchronizations: mdiSync }

function entryOf({ name, title }: Collection): Entry {
  return { title, icon: ICONS[name] ?? mdiShapeOutline, to: { name: 'collection', params: { collection: name } } }
}

/** Return where another entry of a collection is made. */
export function makingOf(collection: string): RouteLocationRaw {
  return collection === 'synchronizations' ? { name: 'wizard' } : { name: 'new', params: { collection } }
}

/** Return what people come for: their flows, and what became of them. */
export function flowsOf(collections: Collection[]): Entry[] {
  return [
    { title: t('Overview'), icon: mdiViewDashboardOutline, to: { name: 'overview' } },
    ...collections.filter(({ name }) => name === 'synchronizations').map(entryOf),
    { title: t('Runs'), icon: mdiHistory, to: { name: 'runs' } },
    { title: t('Schedules'), icon: mdiCalendarClockOutline, to: { name: 'schedules' } },
    { title: t('Contracts'), icon: mdiLinkVariant, to: { name: 'contracts' } },
    { title: t('Data flow'), icon: mdiSitemapOutline, to: { name: 'flow' } },
  ]
}

/** Return what flows are built of: every other collection, known here or not, and the store that comes along. */
export function blocksOf(collections: Collection[]): Entry[] {
  return [
    ...collections.filter(({ name }) => name !== 'synchronizations').map(entryOf),
    { title: t('Registers'), icon: mdiArchiveOutline, to: { name: 'registers' } },
  ]
}

/** Return what is about the reader and the installation; `may` says what the reader may do. */
export function footOf(may: (right: string) => boolean): Entry[] {
  return [
    { title: t('Import and export'), icon: mdiSwapHorizontal, to: { name: 'transfer' } },
    ...(may('administer') ? [{ title: t('Settings'), icon: mdiCogOutline, to: { name: 'settings' } }] : []),
    { title: t('Your account'), icon: mdiAccountOutline, to: { name: 'profile' } },
  ]
}
