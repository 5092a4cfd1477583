/** Something there is once, such as the settings, while it is edited: read, changed, saved, and guarded against being lost. */
import { computed, ref, shallowRef, type ComputedRef, type Ref } from 'vue'
import { get, getTagged, put, type FieldProblem, type Problem } from '../../api/client'
import { askBeforeLeaving } from '../../forms/leaving'
import { copied, same, type Schema, type Values } from '../../forms/schema'
import type { Conflict } from '../conflict'

export interface Single {
  /** null until it is read. */
  schema: Ref<Schema | null>
  values: Ref<Values | null>
  problems: Ref<FieldProblem[]>
  problem: Ref<Problem | null>
  isSaving: Ref<boolean>
  /** Nothing was changed since it was saved here. */
  isSaved: ComputedRef<boolean>
  isChanged: ComputedRef<boolean>
  /** What somebody else saved meanwhile. */
  conflict: Ref<Conflict | null>
  load: () => Promise<void>
  save: () => Promise<void>
  /** Save what was chosen of mine and theirs on top of theirs. */
  resolve: (chosen: Values) => Promise<void>
}

/** How what the server shows differs from what a form holds. */
export interface Shape {
  /** Return the schema of the form for what was read. */
  schemaFor?: (schema: Schema, answer: Values) => Schema
  /** Return what the form holds. */
  valuesOf?: (answer: Values, schema: Schema) => Values
  /** Return what is sent; everything unless given. */
  sent?: (values: Values, before: Values) => Values
}

/** Edit what is at a path; its schema is at `path/schema`. Whoever leaves with changes is asked first. */
export function useSingle(path: string, { schemaFor, valuesOf, sent }: Shape = {}): Single {
  const schema = ref<Schema | null>(null)
  const values = ref<Values | null>(null)
  const problems = ref<FieldProblem[]>([])
  const problem = ref<Problem | null>(null)
  const isSaving = ref(false)
  const wasSaved = ref(false)
  const before = shallowRef<Values>({})
  const conflict = shallowRef<Conflict | null>(null)
  let tag = '*'

  const isChanged = computed(() => values.value !== null && !same(values.value, before.value))
  const isSaved = computed(() => wasSaved.value && !isChanged.value)

  function take(answer: Values, described: Schema) {
    schema.value = schemaFor ? schemaFor(described, answer) : described
    values.value = valuesOf ? valuesOf(answer, schema.value) : answer
    before.value = copied(values.value)
  }

  async function load() {
    problem.value = conflict.value = null
    wasSaved.value = false
    try {
      const [answer, described] = await Promise.all([getTagged<Values>(path), get<Schema>(`${path}/schema`)])
      tag = answer.tag
      take(answer.data, described)
    } catch (error) {
      problem.value = error as Problem
    }
  }

  async function save() {
    if (!values.value || !schema.value || isSaving.value) return
    isSaving.value = true
    problem.value = null
    problems.value = []
    try {
      const body = sent ? sent(values.value, before.value) : values.value
      const answer = await put<Values>(path, copied(body), tag)
      tag = answer.tag
      values.value = valuesOf ? valuesOf(answer.data, schema.value) : answer.data
      before.value = copied(values.value)
      wasSaved.value = true
    } catch (error) {
      await refuse(error as Problem)
    } finally {
      isSaving.value = false
    }
  }

  async function refuse(refusal: Problem) {
    problems.value = refusal.fields
    if (refusal.status === 412) await meet().catch((error: Problem) => (problem.value = error))
    else problem.value = refusal.fields.length ? null : refusal
  }

  /** Take note of what somebody else has saved: the next save is based on it, once it is clear what of it stays. */
  async function meet() {
    const base = before.value
    const answer = await getTagged<Values>(path)
    tag = answer.tag
    before.value = copied(valuesOf ? valuesOf(answer.data, schema.value!) : answer.data)
    conflict.value = { base, theirs: before.value }
  }

  async function resolve(chosen: Values) {
    conflict.value = null
    values.value = chosen
    if (isChanged.value) await save()
  }

  askBeforeLeaving(isChanged)
  void load()

  return { schema, values, problems, problem, isSaving, isSaved, isChanged, conflict, load, save, resolve }
}
