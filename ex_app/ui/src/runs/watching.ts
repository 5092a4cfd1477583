/** A run while it works: asked about often while something changes, seldom while nothing does, never while nobody looks. */
import { computed, onBeforeUnmount, onMounted, ref, type ComputedRef, type Ref } from 'vue'
import { get, type Problem } from '../api/client'
import { AT_WORK, type LogLine, type WatchedRun } from './types'

const QUICK_MS = 1_000
const SLOW_MS = 5_000
const SLOWING = 1.5

export interface Watched {
  run: Ref<WatchedRun | null>
  log: Ref<LogLine[]>
  problem: Ref<Problem | null>
  /** Whether the run goes on by itself. */
  isAtWork: ComputedRef<boolean>
  /** Ask now. */
  look: () => Promise<void>
}

/** Return a run that is kept up to date for as long as the component lives. */
export function useWatched(id: string): Watched {
  const run = ref(null) as Ref<WatchedRun | null>
  const log = ref<LogLine[]>([])
  const problem = ref<Problem | null>(null)
  const isAtWork = computed(() => AT_WORK.includes(run.value?.state ?? ''))
  let timer: ReturnType<typeof setTimeout> | undefined
  let pause = QUICK_MS
  let isGone = false

  async function look(): Promise<void> {
    clearTimeout(timer)
    try {
      const answer = await get<WatchedRun>(`/runs/${id}`, { after: run.value?.cursor ?? 0 })
      const isNews = answer.log.length > 0 || answer.pages !== run.value?.pages
      pause = isNews ? QUICK_MS : Math.min(pause * SLOWING, SLOW_MS)
      log.value.push(...answer.log)
      run.value = answer
      problem.value = null
      // There may be more lines than one answer holds.
      plan(answer.log.length > 0 && !isAtWork.value ? 0 : pause)
    } catch (error) {
      problem.value = error as Problem
      plan(SLOW_MS)
    }
  }

  function plan(ms: number) {
    const goesOn = isAtWork.value || ms === 0 || (problem.value && problem.value.status !== 404)
    if (goesOn && !isGone && !document.hidden) timer = setTimeout(look, ms)
  }

  function seen() {
    clearTimeout(timer)
    if (!document.hidden && (isAtWork.value || problem.value)) void look()
  }

  onMounted(() => {
    document.addEventListener('visibilitychange', seen)
    void look()
  })
  onBeforeUnmount(() => {
    isGone = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', seen)
  })
  return { run, log, problem, isAtWork, look }
}
