import type { Schema } from '../forms/schema'

/** A register or a schema, as lists show it. */
export interface Shelved {
  id: string
  slug: string
  title: string
  /** Of a register: the ids of its schemas. */
  schemas?: string[]
  /** Of a schema: what its objects hold. */
  properties?: Record<string, Schema>
}
