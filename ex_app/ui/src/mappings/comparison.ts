/** The schema a result is compared with: the mapping's own, that of where it goes, or any other that is saved. */
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { get, type Listing, type Problem } from '../api/client'
import type { Schema } from '../forms/schema'
import { t } from '../l10n'

interface SavedSchema {
  slug: string
  title: string
  properties: Record<string, Schema>
  required: string[]
}

/** Stands for the mapping's own output schema among the slugs of others. */
const OWN = ':own'

export interface Comparison {
  /** What can be compared with, the most likely first. */
  choices: ComputedRef<{ id: string; label: string }[]>
  chosen: Ref<string>
  schema: ComputedRef<Schema | null>
  /** Why the schema is not there. */
  failure: Ref<string>
}

/** Return the schema of a choice; without one, the mapping's own or the first that its results go to. */
export function useComparison(own: () => Schema | null, targets: () => string[]): Comparison {
  const saved = shallowRef<SavedSchema[]>([])
  const picked = ref<string | null>(null)
  const found = shallowRef<Schema | null>(null)
  const failure = ref('')

  const choices = computed(() => [
    ...(own() ? [{ id: OWN, label: t('Output schema of this mapping') }] : []),
    ...targets().map((slug) => ({ id: slug, label: t('{schema} (a synchronization writes there)', { schema: titleOf(slug) }) })),
    ...saved.value.filter(({ slug }) => !targets().includes(slug)).map(({ slug, title }) => ({ id: slug, label: title })),
  ])
  const chosen = computed({
    get: () => picked.value ?? (own() ? OWN : (targets()[0] ?? '')),
    set: (id) => (picked.value = id),
  })

  function titleOf(slug: string): string {
    return saved.value.find((one) => one.slug === slug)?.title ?? slug
  }

  watch(
    chosen,
    async (slug) => {
      found.value = null
      failure.value = ''
      if (slug === '' || slug === OWN) return
      try {
        const schema = await get<SavedSchema>(`/schemas/${encodeURIComponent(slug)}`)
        if (slug === chosen.value) found.value = { type: 'object', properties: schema.properties, required: schema.required }
      } catch (error) {
        failure.value = (error as Problem).message
      }
    },
    { immediate: true },
  )
  void get<Listing<SavedSchema>>('/schemas', { _limit: 100 }).then(
    ({ results }) => (saved.value = results),
    () => undefined, // without the list, what is known can still be chosen
  )

  return { choices, chosen, failure, schema: computed(() => (chosen.value === OWN ? own() : found.value)) }
}
