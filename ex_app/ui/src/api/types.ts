/** What the interface answers, as far as pages look at it by name. */
import type { Schema } from '../forms/schema'

/** What every definition has, whatever its collection. */
export interface Definition {
  id: string
  slug: string
  name: string
  description: string
  version: string
  owner: string
  updated: string
  updatedBy: string
  revision: number
  [field: string]: unknown
}

export interface Column {
  name: string
  /** Where a definition holds the value, as a dot path. */
  path: string
  title: string
  type: 'string' | 'boolean' | 'integer'
}

/** A collection of definitions, as `GET /collections` describes it in the reader's language. */
export interface Collection {
  name: string
  title: string
  singular: string
  /** What making another one is called. */
  adding: string
  summary: string
  description: string
  columns: Column[]
  schema: Schema
}

/** What this installation is, and what the reader may do in it. */
export interface Capabilities {
  version: string
  apiVersion: string
  rights: string[]
}

export const BALANCE = ['found', 'created', 'updated', 'unchanged', 'skipped', 'invalid', 'failed', 'deleted'] as const

export interface Run {
  id: string
  synchronizationId: string
  state: string
  mode: string
  trigger: string
  balance: Record<(typeof BALANCE)[number], number>
  writes: number
  pages: number
  deletionsPending: number
  error: { code: string; message: string } | null
  incompleteReason: string | null
  requestedBy: string
  isCancelRequested: boolean
  queued: string
  started: string | null
  finished: string | null
}

/** Return the value at a dot path; undefined where there is none. */
export function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((found, name) => (found as Record<string, unknown> | undefined)?.[name], value)
}
