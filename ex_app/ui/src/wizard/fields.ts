/** The fields that go to the target, each with where it comes from: proposed by the server, changed by people. */
import { computed, ref, shallowRef, type Ref } from 'vue'
import { post, type Problem } from '../api/client'
import type { Schema, Values } from '../forms/schema'
import { useDraft } from './draft'
import { pathOf, pathsOf, templateOf } from './paths'

/** One field of the result. */
export interface FieldRow {
  /** Which row it is, whatever it is called. */
  id: number
  target: string
  /** A path of the record, a fixed text or a template, as people see it. */
  from: string
  /** The path that it was read from; empty where it was none. As long as `from` is the same, it is a path. */
  path: string
  cast: string
}

interface Proposal {
  suggestions: { target: string; expression: string; cast: string | null }[]
  unmatchedTargets: string[]
}

interface Inference {
  properties: Record<string, Schema>
  mapping: Record<string, string>
}

let counted = 0

export interface Fields {
  rows: Ref<FieldRow[]>
  /** Paths that a row can read. */
  paths: Ref<string[]>
  problem: Ref<Problem | null>
  /** Make a new schema of everything the records hold. */
  inferAll: (title: string) => Promise<void>
  /** Fill the rows with what fits a schema that exists. */
  suggestFor: (schema: string) => Promise<void>
  /** Begin with every field under its own name. */
  copyAll: () => Promise<void>
  /** Take the rows over into the draft. */
  write: () => void
}

export function useFields(): Fields {
  const draft = useDraft()
  const problem = shallowRef<Problem | null>(null)
  const records = computed(() => (draft.sample?.records ?? []).filter((record) => typeof record === 'object' && record !== null))
  const paths = computed(() => pathsOf(records.value))
  const rows = ref<FieldRow[]>(rowsOf(draft.body?.mapping ?? null))

  async function asking(question: () => Promise<void>) {
    problem.value = null
    try {
      await question()
    } catch (error) {
      problem.value = error as Problem
    }
  }

  function infer(): Promise<Inference> {
    return post<Inference>('/mappings/infer', { inputObject: records.value })
  }

  const inferAll = (title: string) =>
    asking(async () => {
      const { properties, mapping } = await infer()
      rows.value = Object.entries(mapping).map(([target, expression]) => rowOf(target, expression))
      draft.change({ schema: { title, ...draft.body?.schema, properties } })
      write()
    })

  const copyAll = () =>
    asking(async () => {
      const { mapping } = await infer()
      rows.value = Object.entries(mapping).map(([target, expression]) => rowOf(target, expression))
      write()
    })

  const suggestFor = (schema: string) =>
    asking(async () => {
      const found = await post<Proposal>('/mappings/suggest', { inputObject: records.value, schema })
      rows.value = [
        ...found.suggestions.map(({ target, expression, cast }) => rowOf(target, expression, cast ?? '')),
        ...found.unmatchedTargets.map((target) => rowOf(target, '')),
      ]
      write()
    })

  /** A path is written as a template: where the field is missing, it gives nothing instead of its own name. */
  function expressionOf({ from, path }: FieldRow): string {
    return from === path || paths.value.includes(from) ? templateOf(from) : from
  }

  function write() {
    const filled = rows.value.filter(({ target, from }) => target !== '' && from !== '')
    const mapping = {
      ...draft.body?.mapping,
      mapping: Object.fromEntries(filled.map((row) => [row.target, expressionOf(row)])),
      cast: Object.fromEntries(filled.filter(({ cast }) => cast).map(({ target, cast }) => [target, cast])),
    }
    draft.change({ mapping, schema: schemaWith(draft.body?.schema ?? null, filled) })
  }

  return { rows, paths, problem, inferAll, suggestFor, copyAll, write }
}

/** A schema that is made along with it has the fields that are filled, and no others. */
function schemaWith(schema: Values | null, filled: FieldRow[]): Values | null {
  if (!schema) return null
  const before = (schema.properties ?? {}) as Values
  const names = filled.map(({ target }) => target.split('.')[0]!)
  return { ...schema, properties: Object.fromEntries(names.map((name) => [name, before[name] ?? {}])) }
}

function rowsOf(mapping: Values | null): FieldRow[] {
  const casts = (mapping?.cast ?? {}) as Record<string, string>
  return Object.entries((mapping?.mapping ?? {}) as Record<string, string>).map(([target, expression]) =>
    rowOf(target, expression, casts[target]),
  )
}

export function rowOf(target: string, expression: string, cast = ''): FieldRow {
  const path = pathOf(expression)
  return { id: (counted += 1), target, from: path ?? expression, path: path ?? '', cast }
}
