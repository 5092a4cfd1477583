/** The schema a result is compared with: the mapping's own, that of where it goes, or any other that is saved. */
import { computed, ref, shallowRef, watch, type ComputedRef, type Ref } from 'vue'
import { get, type Listing, type Problem } from '../api/client'
import type { Schema } from '../forms/schema'
import { t } from '../l10n'
import type { Destination } from './example'

interface SavedSchema {
  slug: string
  title: string
  properties: Record<string, Schema>
  required: string[]
}

/** Stands for the mapping's own output schema among the slugs of others. */
const OWN = ':own'

/** Goes before the slug of the synchronization whose target is asked: it may be in another store than ours. */
const TARGET = ':target:'

export interface Comparison {
  /** What can be compared with, the most likely first. */
  choices: ComputedRef<{ id: string; label: string }[]>
  chosen: Ref<string>
  schema: ComputedRef<Schema | null>
  /** Why the schema is not there. */
  failure: Ref<string>
}

/** Return the schema of a choice; without one, the mapping's own or the first that its results go to. */
export function useComparison(own: () => Schema | null, destinations: () => Destination[]): Comparison {
  const saved = shallowRef<SavedSchema[]>([])
  const picked = ref<string | null>(null)
  const found = shallowRef<Schema | null>(null)
  const failure = ref('')

  const choices = computed(() => [
    ...(own() ? [{ id: OWN, label: t('Output schema of this mapping') }] : []),
    ...destinations().map((one) => ({ id: idOf(one), label: t('{schema} (a synchronization writes there)', { schema: titleOf(one.schema) }) })),
    ...saved.value.filter(({ slug }) => !destinations().some(({ schema }) => schema === slug)).map(({ slug, title }) => ({ id: slug, label: title })),
  ])
  const chosen = computed({
    get: () => picked.value ?? (own() ? OWN : destinations().map(idOf)[0] ?? ''),
    set: (id) => (picked.value = id),
  })

  const idOf = ({ synchronization }: Destination) => `${TARGET}${synchronization}`

  function titleOf(slug: string): string {
    return saved.value.find((one) => one.slug === slug)?.title ?? slug
  }

  watch(
    chosen,
    async (id) => {
      found.value = null
      failure.value = ''
      if (id === '' || id === OWN) return
      try {
        const schema = await (id.startsWith(TARGET) ? ofTarget(id.slice(TARGET.length)) : ofSaved(id))
        if (id === chosen.value) found.value = schema
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

async function ofSaved(slug: string): Promise<Schema> {
  const { properties, required } = await get<SavedSchema>(`/schemas/${encodeURIComponent(slug)}`)
  return { type: 'object', properties, required }
}

async function ofTarget(synchronization: string): Promise<Schema | null> {
  return (await get<{ jsonSchema: Schema | null }>(`/synchronizations/${encodeURIComponent(synchronization)}/target-schema`)).jsonSchema
}
