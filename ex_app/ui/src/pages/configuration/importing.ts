/** Files on their way in: read, tried, given what they refer to, and saved. */
import { computed, ref, type ComputedRef, type Ref } from 'vue'
import { post, type FieldProblem, type Problem } from '../../api/client'

export interface Result {
  section: string
  slug: string
  action: 'created' | 'updated' | 'unchanged' | 'left out'
  changed: string[]
  isForced: boolean
  warnings: string[]
}
export interface Variable {
  name: string
  isNeeded: boolean
}
interface Preview {
  results: Result[]
  problems: FieldProblem[]
  variables: Variable[]
}

export interface Importing {
  /** The names of the files. */
  names: ComputedRef<string[]>
  preview: Ref<Preview | null>
  /** What references of the files stand for. */
  variables: Ref<Record<string, string>>
  isForced: Ref<boolean>
  problem: Ref<Problem | null>
  isBusy: Ref<boolean>
  /** What was saved; null before that. */
  saved: Ref<Result[] | null>
  canSave: ComputedRef<boolean>
  take: (files: File[]) => Promise<void>
  tryOut: () => Promise<void>
  save: () => Promise<void>
}

export function useImporting(): Importing {
  const documents = ref<{ name: string; text: string }[]>([])
  const preview = ref<Preview | null>(null)
  const variables = ref<Record<string, string>>({})
  const isForced = ref(false)
  const problem = ref<Problem | null>(null)
  const isBusy = ref(false)
  const saved = ref<Result[] | null>(null)

  const names = computed(() => documents.value.map(({ name }) => name))
  const canSave = computed(() => preview.value !== null && preview.value.problems.length === 0 && saved.value === null)

  async function ask<T>(path: string): Promise<T | null> {
    isBusy.value = true
    problem.value = null
    try {
      return await post<T>(path, { documents: documents.value, variables: variables.value, isForced: isForced.value })
    } catch (error) {
      problem.value = error as Problem
      return null
    } finally {
      isBusy.value = false
    }
  }

  async function take(files: File[]) {
    documents.value = await Promise.all(files.map(async (file) => ({ name: file.name, text: await file.text() })))
    variables.value = {}
    preview.value = saved.value = null
    await tryOut()
  }

  async function tryOut() {
    if (documents.value.length) preview.value = await ask<Preview>('/configuration/preview')
  }

  async function save() {
    const answer = await ask<{ results: Result[] }>('/configuration/import')
    saved.value = answer?.results ?? null
  }

  return { names, preview, variables, isForced, problem, isBusy, saved, canSave, take, tryOut, save }
}
