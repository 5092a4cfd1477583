/** What a synchronization goes through, from the source to the target. */
import type { RouteLocationRaw } from 'vue-router'
import { get } from '../api/client'
import type { Definition } from '../api/types'
import { t } from '../l10n'
import type { Register, Schema } from '../objects/types'

export interface Link {
  /** What it is in the chain. */
  title: string
  name: string
  to?: RouteLocationRaw
}

interface Target {
  kind: string
  source?: string
  register?: string
  schema?: string
}

/** Return the link to a definition; one that is gone is called by what names it. */
async function linkTo(title: string, collection: string, key: string): Promise<Link> {
  const found = await get<Definition>(`/${collection}/${encodeURIComponent(key)}`).catch(() => null)
  return found ? { title, name: found.name, to: { name: 'definition', params: { collection, id: found.slug } } } : { title, name: key }
}

/** Return the target as one line; a system that is written to is a source as well. */
function targetOf(title: string, { kind, source, register, schema }: Target): Link | Promise<Link> {
  if (source) return linkTo(title, 'sources', source)
  return register && schema ? linkToObjects(title, register, schema) : { title, name: kind }
}

/** Return the link to a register's objects of a schema; where another store keeps them, it is called by what names it. */
async function linkToObjects(title: string, register: string, schema: string): Promise<Link> {
  const [holder, form] = await Promise.all([
    get<Register>(`/registers/${encodeURIComponent(register)}`).catch(() => null),
    get<Schema>(`/schemas/${encodeURIComponent(schema)}`).catch(() => null),
  ])
  if (!holder || !form) return { title, name: `${register} / ${schema}` }
  return { title, name: `${holder.title} / ${form.title}`, to: { name: 'objects', params: { register: holder.slug, schema: form.slug } } }
}

/** Return the three links of a synchronization's chain. */
export function chainOf(synchronization: Definition): Promise<Link[]> {
  const mapping = synchronization.sourceTargetMapping as string | null
  return Promise.all([
    linkTo(t('Source'), 'sources', String(synchronization.sourceId)),
    mapping ? linkTo(t('Mapping'), 'mappings', mapping) : { title: t('Mapping'), name: t('None: records go as they are') },
    targetOf(t('Target'), synchronization.target as Target),
  ])
}

export interface Planned {
  isActive: boolean
  next: string[]
}

/** Return the first moment at which one of the schedules begins. */
export function nextOf(schedules: Planned[]): Date | null {
  const moments = schedules.flatMap(({ isActive, next }) => (isActive ? next.map((moment) => Date.parse(moment)) : []))
  return moments.length ? new Date(Math.min(...moments)) : null
}
