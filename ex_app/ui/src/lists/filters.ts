/** Filters of a list: what there is to choose from, and what the address says was chosen. */
import { computed, ref, type ComputedRef, type Ref } from 'vue'
import { useRoute } from 'vue-router'
import { get, type Listing } from '../api/client'
import type { Definition } from '../api/types'

export interface Option {
  id: string
  label: string
}

export interface Filter {
  /** Its name in the address, and as a rule in the interface. */
  name: string
  title: string
  options: Option[]
  /** Asks the server for options, where there may be more than are shown at once. */
  search?: (text: string) => void
}

/** Return options from what each value is called. */
export function optionsOf(words: Record<string, string>): Option[] {
  return Object.entries(words).map(([id, label]) => ({ id, label }))
}

/** Return what the address says of these filters. */
export function useChosen(names: string[]): ComputedRef<Record<string, string>> {
  const route = useRoute()
  return computed(() =>
    Object.fromEntries(names.flatMap((name) => (typeof route.query[name] === 'string' ? [[name, route.query[name]]] : []))),
  )
}

export interface Names {
  /** What definitions are called, by id; those that are gone are not in it. */
  names: Ref<Map<string, string>>
  /** Look for definitions by a text. */
  search: (text?: string) => Promise<void>
  /** Look for these, as far as nobody has. */
  know: (ids: string[]) => Promise<void>
  isKnown: (id: string) => boolean
}

/** Return the names of a collection's definitions, as far as they were looked for. */
export function useNames(collection: string): Names {
  const names = ref(new Map<string, string>())
  /** Those that were looked for one by one and answered, found or gone. */
  const asked = ref(new Set<string>())

  async function search(text = ''): Promise<void> {
    const params = { _limit: 100, ...(text ? { _search: text } : {}) }
    const { results } = await get<Listing<Definition>>(`/${collection}`, params).catch(() => ({ results: [] }))
    for (const { id, name } of results) names.value.set(id, name)
  }

  async function know(ids: string[]): Promise<void> {
    await first
    const missing = new Set(ids.filter((id) => !isKnown(id)))
    await Promise.all(
      [...missing].map(async (id) => {
        const found = await get<Definition>(`/${collection}/${id}`).catch(() => null)
        if (found) names.value.set(id, found.name)
        asked.value.add(id)
      }),
    )
  }

  const isKnown = (id: string) => names.value.has(id) || asked.value.has(id)

  const first = search()
  return { names, search, know, isKnown }
}
