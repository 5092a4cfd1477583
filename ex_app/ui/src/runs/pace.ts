/** How far a run is, and how long it may still take. */
import { onBeforeUnmount, ref, watch, type Ref } from 'vue'
import { n, t } from '../l10n'
import type { WatchedRun } from './types'

const MINUTE = 60
const HOUR = 3_600

/** Return how far a run is, in percent; null when nobody knows how much there is. It is at its end only when it has ended. */
export function shareOf({ balance, expected }: WatchedRun): number | null {
  return expected ? Math.min(99, Math.round((100 * balance.found) / expected)) : null
}

/** Return in words how long a run may still take, by its pace so far; nothing when that cannot be told. */
export function timeLeft(run: WatchedRun, now: number): string {
  const { found } = run.balance
  if (!run.started || !run.expected || !found || found >= run.expected) return ''
  const elapsed = (now - Date.parse(run.started)) / 1_000
  const seconds = Math.ceil((elapsed / found) * (run.expected - found))
  if (seconds < MINUTE) return t('less than a minute left')
  if (seconds < HOUR) return n('about %n minute left', 'about %n minutes left', Math.round(seconds / MINUTE))
  return n('about %n hour left', 'about %n hours left', Math.round(seconds / HOUR))
}

/** Return a value that follows another, but changes no more often than once in so many milliseconds. */
export function useCalm(source: () => string, ms: number): Ref<string> {
  const calm = ref(source())
  let timer: ReturnType<typeof setTimeout> | undefined
  let last = 0
  watch(source, () => {
    clearTimeout(timer)
    timer = setTimeout(take, Math.max(0, last + ms - Date.now()))
  })

  function take() {
    last = Date.now()
    calm.value = source()
  }

  onBeforeUnmount(() => clearTimeout(timer))
  return calm
}
