/** Asks the server about what is being written, once typing rests; an answer that is overtaken is called off. */
import { onScopeDispose, watch } from 'vue'

/** How long typing may rest before the server is asked. */
const REST_MS = 250

/** Ask whenever the question changes, except while there is none. `ask` gives up silently once its signal is aborted. */
export function useAsking<Question extends object>(
  question: () => Question | null,
  ask: (question: Question, signal: AbortSignal) => Promise<void>,
): void {
  let resting: ReturnType<typeof setTimeout> | undefined
  let asked: AbortController | undefined

  function stop() {
    clearTimeout(resting)
    asked?.abort()
  }

  watch(
    () => JSON.stringify(question()),
    (written) => {
      stop()
      if (written === 'null') return
      const { signal } = (asked = new AbortController())
      resting = setTimeout(() => ask(JSON.parse(written) as Question, signal), REST_MS)
    },
    { immediate: true },
  )
  onScopeDispose(stop)
}
