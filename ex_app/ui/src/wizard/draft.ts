/** The draft of this account: kept by the server while it is filled in, tried out, saved, thrown away. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { get, post, put, remove, type FieldProblem, type Problem } from '../api/client'
import type { Definition } from '../api/types'
import { same, type Values } from '../forms/schema'
import { t } from '../l10n'
import { stillThere } from './leftover'

/** The parts of a synchronization, each as its collection takes it, as far as it is filled in. */
export interface DraftBody {
  step: number
  source: Values | null
  register: Values | null
  schema: Values | null
  mapping: Values | null
  synchronization: Values
}

export interface FoundKey {
  position: string
  isUnique: boolean
  example: string | number
}

export interface FoundList {
  position: string
  count: number
  isRead: boolean
}

/** What the first page of the source brought. */
export interface Sample {
  isSuccessful: boolean
  status: number | null
  durationMs: number
  found: number | null
  hasMore: boolean | null
  paginator: string | null
  problem: { title: string; detail: string } | null
  records: unknown[]
  answer: unknown
  lists: FoundList[]
  keys: FoundKey[]
}

interface ShownDraft {
  draft: DraftBody | null
  updated: string | null
  keepsObjects: boolean
}

export interface SavedDraft {
  synchronization: string
  mapping: string | null
}

/** How long typing may rest before what is typed is kept. */
const REST_MS = 400

const EMPTY: DraftBody = { step: 1, source: null, register: null, schema: null, mapping: null, synchronization: {} }

export const useDraft = defineStore('draft', () => {
  const body = ref<DraftBody | null>(null)
  const keepsObjects = ref(true)
  /** When it was kept last; empty for one that is begun now. */
  const begun = ref('')
  const isKept = ref(true)
  const problem = shallowRef<Problem | null>(null)
  const fields = shallowRef<FieldProblem[]>([])
  const sample = shallowRef<Sample | null>(null)
  const isTesting = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let keeping: Promise<void> = Promise.resolve()

  const choice = computed(() => (body.value?.synchronization.sourceConfig ?? {}) as Values)
  /** What decides which records are read: another sample is needed as soon as it changes. */
  const asked = computed(() => {
    const { idPosition: _, ...selection } = choice.value
    return JSON.stringify([body.value?.source, body.value?.synchronization.sourceId, selection])
  })
  const testedFor = ref('')
  let loaded = ''
  /** Nothing has changed about what is read since it was kept on another visit. */
  const isAsLoaded = computed(() => asked.value === loaded)
  const isTested = computed(() => sample.value !== null && testedFor.value === asked.value)

  async function load() {
    problem.value = null
    try {
      const found = await get<ShownDraft>('/draft')
      body.value = { ...EMPTY, ...found.draft }
      begun.value = found.updated ?? ''
      loaded = asked.value
      keepsObjects.value = found.keepsObjects
    } catch (error) {
      problem.value = error as Problem
    }
  }

  /** Take a change over; the server has it as soon as the typing rests. */
  function change(part: Partial<DraftBody>) {
    if (!body.value) return
    const changed = { ...body.value, ...part }
    if (same(changed, body.value)) return
    body.value = changed
    isKept.value = false
    clearTimeout(timer)
    timer = setTimeout(() => void keep(), REST_MS)
  }

  function changeSynchronization(part: Values) {
    change({ synchronization: { ...body.value?.synchronization, ...part } })
  }

  function choose(part: Values) {
    changeSynchronization({ sourceConfig: { ...choice.value, ...part } })
  }

  /** Have the server keep what stands here now; one after the other, so that the last one stays. */
  function keep(): Promise<void> {
    clearTimeout(timer)
    keeping = keeping.then(async () => {
      if (isKept.value || !body.value) return
      isKept.value = true
      try {
        begun.value = (await put<ShownDraft>('/draft', body.value, '*')).data.updated ?? ''
        problem.value = null
      } catch (error) {
        isKept.value = false
        problem.value = error as Problem
      }
    })
    return keeping
  }

  /**
   * Read the first page of the source. What goes wrong stands in `fields`, `problem` or the sample itself.
   *
   * What was chosen for another source, and is not there, is forgotten; without its list, the source is read again.
   */
  async function test(): Promise<void> {
    isTesting.value = true
    const tested = asked.value
    try {
      await asking(async () => {
        sample.value = await post<Sample>('/draft/test')
        testedFor.value = tested
      })
    } finally {
      isTesting.value = false
    }
    if (!isTested.value) return
    changeSynchronization({ sourceConfig: stillThere(choice.value, sample.value!) })
    if (!isTested.value) await test()
  }

  /** Save everything; null when something is in the way. The mapping is called as the synchronization that it belongs to. */
  async function save(isFinished: boolean): Promise<SavedDraft | null> {
    if (body.value?.mapping) change({ mapping: { ...body.value.mapping, name: body.value.synchronization.name ?? '' } })
    let saved: SavedDraft | null = null
    await asking(async () => {
      saved = await post<SavedDraft>('/draft/save', { isFinished })
    })
    if (saved && isFinished) forget()
    return saved
  }

  /** Have the mapping saved, to be edited as one; return its slug, null when something is in the way. */
  async function saveMapping(): Promise<string | null> {
    change({ mapping: { ...body.value?.mapping, name: (await sourceName()) || t('Mapping') } })
    let slug: string | null = null
    await asking(async () => {
      const { draft } = await post<ShownDraft>('/draft/mapping')
      body.value = { ...EMPTY, ...draft }
      slug = String(body.value.synchronization.sourceTargetMapping)
    })
    return slug
  }

  async function asking(question: () => Promise<void>) {
    fields.value = []
    problem.value = null
    await keep()
    if (problem.value) return
    try {
      await question()
    } catch (error) {
      const refusal = error as Problem
      fields.value = refusal.fields
      problem.value = refusal.fields.length ? null : refusal
    }
  }

  async function discard() {
    clearTimeout(timer)
    await keeping
    await remove('/draft')
    forget()
  }

  function forget() {
    clearTimeout(timer)
    body.value = null
    sample.value = null
    fields.value = []
    problem.value = null
    begun.value = ''
    isKept.value = true
  }

  /** Return what the server said about one part, with the paths of its own form. */
  function problemsOf(part: string): FieldProblem[] {
    return fields.value
      .filter(({ field }) => field.startsWith(`${part}.`))
      .map((found) => ({ ...found, field: found.field.slice(part.length + 1) }))
  }

  /** Return what the source is called. */
  async function sourceName(): Promise<string> {
    const own = body.value?.source?.name
    if (typeof own === 'string') return own
    const found = await get<Definition>(`/sources/${body.value?.synchronization.sourceId}`).catch(() => null)
    return found?.name ?? ''
  }

  return {
    body, keepsObjects, begun, isKept, problem, fields, sample, isTesting, isTested, isAsLoaded, choice,
    load, change, changeSynchronization, choose, keep, test, save, saveMapping, discard, problemsOf, sourceName,
  }
})
