/** How the next page is asked for, in words. */
import { computed, onMounted, ref, type ComputedRef } from 'vue'
import { get } from '../api/client'
import { t } from '../l10n'
import type { Sample } from './draft'

interface Kind {
  kind: string
  title: string
  description: string
}

/** Return a sentence about the paging of a sample; a paginator that came with a later version describes itself. */
export function usePaging(sample: { value: Sample | null }): ComputedRef<string> {
  const kinds = ref<Kind[]>([])
  onMounted(async () => {
    kinds.value = (await get<Record<string, Kind[]>>('/kinds').catch(() => ({}) as Record<string, Kind[]>)).paginator ?? []
  })
  return computed(() => {
    const { hasMore, paginator } = sample.value ?? {}
    if (hasMore === null || hasMore === undefined) return t('Not known before a page has been read.')
    if (!hasMore) return t('None: everything came in one answer.')
    const kind = kinds.value.find((one) => one.kind === paginator)
    return kind ? t('Found out: {how}', { how: [kind.title, kind.description].filter(Boolean).join('. ') }) : t('There are more, and they are read as well.')
  })
}
