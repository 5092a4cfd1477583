/** Asks again while something changes, more and more seldom while nothing does, and not at all while nobody looks. */
import { onBeforeUnmount, onMounted } from 'vue'

export const QUICK_MS = 2_000
export const SLOW_MS = 20_000
const SLOWER = 1.5

/**
 * Call `ask` now and, as long as it resolves to `true` ("there is more to come"), again. `isNews` says whether the last
 * answer differed, which makes it ask quickly again. Return what asks at once.
 */
export function usePolling(ask: () => Promise<{ isMore: boolean; isNews: boolean }>): () => Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  let pause = QUICK_MS
  let isGone = false

  async function look(): Promise<void> {
    clearTimeout(timer)
    const { isMore, isNews } = await ask()
    pause = isNews ? QUICK_MS : Math.min(pause * SLOWER, SLOW_MS)
    clearTimeout(timer) // somebody may have asked meanwhile
    if (isMore && !isGone && !document.hidden) timer = setTimeout(look, pause)
  }

  function onVisible() {
    if (document.hidden) clearTimeout(timer)
    else void look()
  }

  onMounted(() => {
    document.addEventListener('visibilitychange', onVisible)
    void look()
  })
  onBeforeUnmount(() => {
    isGone = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', onVisible)
  })

  return look
}
