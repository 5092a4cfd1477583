/** The record a mapping is tried with: typed, from a test, or read from a source. */
import { parse } from 'yaml'
import { get, post, type Listing } from '../api/client'
import type { Definition } from '../api/types'
import { t } from '../l10n'
import type { Mark } from './text'

export interface Reading {
  /** The record; undefined while the text is none. */
  record?: object
  flaws: Mark[]
}

/** Read a record: an object or a list, as JSON or YAML. Where nothing is written there is none, and nothing is wrong. */
export function readExample(text: string): Reading {
  if (text.trim() === '') return { flaws: [] }
  try {
    const record: unknown = /^\s*[[{]/.test(text) ? JSON.parse(text) : parse(text)
    if (typeof record === 'object' && record !== null) return { record, flaws: [] }
    return { flaws: [{ from: 0, to: text.length, message: t('An example is an object or a list, written as JSON or YAML.') }] }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const from = Number(/position (\d+)/.exec(message)?.[1] ?? 0)
    return { flaws: [{ from, to: from + 1, message }] }
  }
}

/** Where a real record can be taken from. */
export interface Origin {
  id: string
  label: string
  source: string
  /** What a synchronization has its source read. */
  sourceConfig: object
}

/** Where results go, and what is expected of them there. */
export interface Destination {
  /** The slug of a synchronization that writes there: its target is asked. */
  synchronization: string
  register: string
  schema: string
}

/** What a mapping is used for. */
export interface Usage {
  origins: Origin[]
  /** The registers' schemas that its results go to, each once. */
  destinations: Destination[]
}

/** Return where records for this mapping can be taken from, what uses it first. Throws `Problem`. */
export async function usageOf(mapping: Definition | null): Promise<Usage> {
  const keys = mapping ? [...new Set([mapping.slug, mapping.id, mapping.reference])].filter((key) => typeof key === 'string' && key !== '') : []
  const lists = keys.map((key) => get<Listing<Definition>>('/synchronizations', { sourceTargetMapping: key, _limit: 20 }))
  const [sources, ...using] = await Promise.all([get<Listing<Definition>>('/sources', { _limit: 100 }), ...lists])
  const synchronizations = using.flatMap(({ results }) => results)
  const destinations = synchronizations.flatMap(({ slug, target }) => {
    const { kind, register, schema } = target as { kind: string; register: string; schema: string }
    return kind === 'object_store' ? [{ synchronization: slug, register, schema }] : []
  })
  return {
    destinations: [...new Map(destinations.map((one) => [`${one.register}/${one.schema}`, one])).values()],
    origins: [
      ...synchronizations.map(({ id, name, sourceId, sourceConfig }) => ({ id, label: t('Synchronization {name}', { name }), source: String(sourceId), sourceConfig: sourceConfig as object })),
      ...sources.results.map(({ id, name, slug }) => ({ id, label: t('Source {name}', { name }), source: slug, sourceConfig: {} })),
    ],
  }
}

interface Trial {
  firstRecord: unknown
  problem: { detail: string } | null
}

/** Return a real record, as it comes from the source. Throws `Problem`, and `Error` where there is none. */
export async function recordFrom({ source, sourceConfig }: Origin): Promise<unknown> {
  const { firstRecord, problem } = await post<Trial>(`/sources/${encodeURIComponent(source)}/test`, { sourceConfig })
  if (problem) throw new Error(problem.detail)
  if (firstRecord === null) throw new Error(t('The source answers, and has no record there.'))
  return firstRecord
}
