/** What the interface answers about registers, schemas and objects of the store that comes with the engine. */
export interface Register {
  id: string
  slug: string
  title: string
  description: string
  /** Ids of the schemas whose objects it holds. */
  schemas: string[]
  updated: string
}

export interface Schema {
  id: string
  slug: string
  title: string
  description: string
  properties: Record<string, { type?: string | string[]; title?: string }>
}

export interface StoredObject {
  id: string
  version: number
  created: string
  updated: string
  data: Record<string, unknown>
}

/** Properties by which people know an object, the surest first. */
const NAMING = ['name', 'title', 'displayName', 'displayname', 'label', 'naam', 'titel']

/** Return what an object calls itself, or its id. */
export function nameOf({ id, data }: StoredObject): string {
  const found = NAMING.map((name) => data[name]).find((value) => typeof value === 'string' && value)
  return (found as string | undefined) ?? id
}
