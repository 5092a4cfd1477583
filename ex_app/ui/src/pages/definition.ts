/** One definition while it is edited: read, changed, saved, and guarded against being lost or overwritten. */
import { computed, ref, shallowRef, type ComputedRef, type Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { get, getTagged, post, put, type FieldProblem, type Problem, type Tagged } from '../api/client'
import type { Collection, Definition } from '../api/types'
import { askBeforeLeaving } from '../forms/leaving'
import { copied, initial, same, type Values } from '../forms/schema'
import { useCatalogue } from '../stores/catalogue'
import type { Conflict } from './conflict'
import { copyOf, type Copy } from './copying'

export interface Edited {
  described: ComputedRef<Collection | undefined>
  /** What people write; null until it is read. */
  values: Ref<Values | null>
  /** As the server has it; null for a new one. */
  saved: Ref<Definition | null>
  /** What a new one is a copy of, where the address says so. */
  copy: Ref<Copy | null>
  /** What the server said about fields. */
  problems: Ref<FieldProblem[]>
  problem: Ref<Problem | null>
  isSaving: Ref<boolean>
  isChanged: ComputedRef<boolean>
  isMissing: ComputedRef<boolean>
  /** Somebody else has saved it meanwhile. */
  conflict: Ref<Conflict | null>
  load: () => Promise<void>
  /** Save it, or say at the fields why not; `how` goes into the query. A conflict has to be resolved first. */
  save: (how?: object) => Promise<void>
  /** Save what was chosen of mine and theirs on top of what somebody else has saved. */
  resolve: (chosen: Values) => Promise<void>
}

/**
 * Edit a definition, or a new one without an id. Whoever leaves with changes is asked first.
 *
 * `isUnready` says whether something is written that the values do not hold yet.
 */
export function useDefinition(collection: string, id?: string, isUnready: () => boolean = () => false): Edited {
  const router = useRouter()
  const original = useRoute().query.copy
  const described = computed(() => useCatalogue().byName.get(collection))
  const values = ref<Values | null>(null)
  const saved = ref<Definition | null>(null)
  const copy = ref<Copy | null>(null)
  const problems = ref<FieldProblem[]>([])
  const problem = ref<Problem | null>(null)
  const isSaving = ref(false)
  const before = shallowRef<Values>({})
  const conflict = shallowRef<Conflict | null>(null)
  let tag = '*'

  const isChanged = computed(() => isUnready() || (values.value !== null && !same(values.value, before.value)))
  const isMissing = computed(() => !described.value || problem.value?.status === 404)

  function take(given: Values) {
    values.value = given
    before.value = copied(given)
    problems.value = []
  }

  /** What the server knows besides what people write is not sent back; what was saved before a field was there has its default. */
  function ownFields(definition: Definition): Values {
    const usual = initial(described.value!.schema, described.value!.schema) as Values
    return Object.fromEntries(Object.keys(usual).map((name) => [name, name in definition ? definition[name] : usual[name]]))
  }

  async function begin() {
    const usual = initial(described.value!.schema, described.value!.schema) as Values
    if (typeof original !== 'string') return take(usual)
    const found = await get<Definition>(`/${collection}/${encodeURIComponent(original)}`)
    copy.value = await copyOf(collection, found, ownFields(found), usual)
    take(copy.value.values)
  }

  async function read() {
    const answer = await getTagged<Definition>(`/${collection}/${id}`)
    tag = answer.tag
    saved.value = answer.data
    take(ownFields(answer.data))
  }

  async function load() {
    problem.value = conflict.value = null
    if (!described.value) return
    await (id === undefined ? begin() : read()).catch((error: Problem) => {
      problem.value = error
    })
  }

  async function save(how: object = {}) {
    if (!values.value || isSaving.value || conflict.value) return
    isSaving.value = true
    problem.value = null
    problems.value = []
    const sent = copied(values.value)
    try {
      if (id === undefined) await go((await post<Definition>(`/${collection}`, sent, how)).slug, sent)
      else await keep(await put<Definition>(`/${collection}/${id}`, sent, tag, how), sent)
    } catch (error) {
      await refuse(error as Problem)
    } finally {
      isSaving.value = false
    }
  }

  /** What was typed while it was saved stays, as a change. */
  async function keep(answer: Tagged<Definition>, sent: Values) {
    if (answer.data.slug !== id) return go(answer.data.slug, sent)
    tag = answer.tag
    saved.value = answer.data
    if (same(values.value, sent)) take(ownFields(answer.data))
    else before.value = sent
  }

  async function go(slug: string, sent: Values) {
    before.value = sent
    await router.replace({ name: 'definition', params: { collection, id: slug } })
  }

  async function refuse(refusal: Problem) {
    problems.value = refusal.fields
    if (refusal.status === 412) await meet().catch((error: Problem) => (problem.value = error))
    else problem.value = refusal.fields.length ? null : refusal
  }

  /** Take note of what somebody else has saved: the next save is based on it, once it is clear what of it stays. */
  async function meet() {
    const base = before.value
    const answer = await getTagged<Definition>(`/${collection}/${id}`)
    tag = answer.tag
    before.value = ownFields(answer.data)
    conflict.value = { base, theirs: before.value }
  }

  async function resolve(chosen: Values) {
    conflict.value = null
    values.value = chosen
    if (isChanged.value) await save()
    else await load()
  }

  askBeforeLeaving(isChanged)
  void load()

  return { described, values, saved, copy, problems, problem, isSaving, isChanged, isMissing, conflict, load, save, resolve }
}
