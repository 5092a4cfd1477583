/** What a mapping makes of records while it is edited. */
import { computed, onBeforeUnmount, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { post, type FieldProblem, type Problem } from '../api/client'

export interface Mapped {
  resultObject: unknown
  validationErrors: string[]
  trace: { target: string; error: string | null }[]
}

/** How long typing may rest before the server is asked. */
const REST_MS = 400

/** Return what was said about a mapping by the field it is about. */
export function byField(problems: FieldProblem[]): Record<string, string> {
  return Object.fromEntries(problems.map(({ field, message }) => [field.replace(/^(mapping\.)?(mapping|cast)\./, ''), message]))
}

export interface Preview {
  results: Ref<Mapped[]>
  /** Something has changed since. */
  isStale: Ref<boolean>
  problem: Ref<string>
  /** What went wrong, by the field it went wrong at. */
  errors: ComputedRef<Record<string, string>>
}

/** Follow a question, which is what `POST /mappings/test` takes apart from the record; null asks nothing. */
export function usePreview(question: () => object | null, records: () => unknown[]): Preview {
  const results = shallowRef<Mapped[]>([])
  const isStale = shallowRef(false)
  const problem = shallowRef('')
  let timer: ReturnType<typeof setTimeout> | undefined
  let newest = 0

  const refused = shallowRef<FieldProblem[]>([])
  const errors = computed(() => {
    const found = byField(refused.value)
    for (const { trace } of results.value) {
      for (const { target, error } of trace) if (error) found[target] ??= error
    }
    return found
  })

  async function ask() {
    const asked = question()
    const number = (newest += 1)
    if (!asked) return
    try {
      const answers = await Promise.all(records().map((inputObject) => post<Mapped>('/mappings/test', { ...asked, inputObject })))
      if (number !== newest) return
      results.value = answers
      problem.value = ''
      refused.value = []
    } catch (error) {
      if (number !== newest) return
      const { message, fields } = error as Problem
      refused.value = fields
      problem.value = fields.length ? '' : message
    }
    if (number === newest) isStale.value = false
  }

  watch(
    () => JSON.stringify([question(), records()]),
    () => {
      isStale.value = true
      clearTimeout(timer)
      timer = setTimeout(() => void ask(), results.value.length ? REST_MS : 0)
    },
    { immediate: true },
  )
  onBeforeUnmount(() => {
    clearTimeout(timer)
    newest += 1
  })

  return { results, isStale, problem, errors }
}
