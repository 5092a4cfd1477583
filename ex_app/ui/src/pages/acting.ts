/** Runs begun and sources tried, from a list or from a page. */
import { ref, type Ref } from 'vue'
import { useRouter } from 'vue-router'
import { post, type Problem } from '../api/client'
import type { Definition, Run } from '../api/types'

export interface Acting {
  /** Why the last action was refused. */
  problem: Ref<Problem | null>
  /** What a source answered when it was tried. */
  trial: Ref<unknown>
  isBusy: Ref<boolean>
  /** Do something; what refuses it is the problem. */
  doing: (action: () => Promise<void>) => Promise<void>
  /** Begin a run and go to its page. */
  run: (definition: Definition, how: 'run' | 'dry-run') => Promise<void>
  tryOut: (definition: Definition) => Promise<void>
}

/** Return what can be done with a definition, and what became of it. */
export function useActing(): Acting {
  const router = useRouter()
  const problem = ref<Problem | null>(null)
  const trial = ref<unknown>(null)
  const isBusy = ref(false)

  async function doing(action: () => Promise<void>) {
    isBusy.value = true
    problem.value = null
    try {
      await action()
    } catch (error) {
      problem.value = error as Problem
    } finally {
      isBusy.value = false
    }
  }

  const run = (definition: Definition, how: 'run' | 'dry-run') =>
    doing(async () => {
      const started = await post<Run>(`/synchronizations/${definition.id}/${how}`)
      await router.push({ name: 'run', params: { id: started.id } })
    })

  const tryOut = (definition: Definition) =>
    doing(async () => {
      trial.value = await post(`/sources/${definition.id}/test`)
    })

  return { problem, trial, isBusy, doing, run, tryOut }
}
