/** A list that goes on behind a cursor, shown a portion at a time. */
import { ref, type Ref } from 'vue'
import { get, type Problem } from '../api/client'
import type { Portion } from './types'

const AT_ONCE = 20

export interface Portions<T, P extends Portion<T>> {
  rows: Ref<T[]>
  /** The last answer, with what it tells besides its rows. */
  answer: Ref<P | null>
  problem: Ref<Problem | null>
  hasMore: Ref<boolean>
  /** Ask for the next portion. */
  more: () => Promise<void>
}

/** Return a list at a path, still empty: the first call of `more` begins it. */
export function usePortions<T, P extends Portion<T> = Portion<T>>(path: string, params: object = {}): Portions<T, P> {
  const rows = ref([]) as Ref<T[]>
  const answer = ref(null) as Ref<P | null>
  const problem = ref<Problem | null>(null)
  const hasMore = ref(false)

  async function more(): Promise<void> {
    try {
      const after = answer.value ? { after: answer.value.cursor } : {}
      const found = await get<P>(path, { ...params, ...after, _limit: AT_ONCE })
      rows.value.push(...found.results)
      hasMore.value = found.results.length === AT_ONCE
      answer.value = found
      problem.value = null
    } catch (error) {
      problem.value = error as Problem
    }
  }

  return { rows, answer, problem, hasMore, more }
}
