/** A list of the server as a page shows it: searched, sorted and paged by the address, so that it can be gone back to. */
import { computed, ref, watch, type Ref } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { get, type Listing, type Problem } from '../api/client'

const LIMIT = 20

/** How long the typing of a search may rest before the server is asked. */
const REST_MS = 250

export interface ListState<T> {
  listing: Ref<Listing<T> | null>
  problem: Ref<Problem | null>
  search: Ref<string>
  sort: Ref<string>
  page: Ref<number>
  /** Whether something is searched for or filtered, so that an empty list means "nothing found". */
  isNarrowed: Ref<boolean>
  load: () => Promise<void>
}

/** Return the state of a list at a path, kept in the query of the address. */
export function useListing<T>(path: () => string, defaultSort: string, filters: () => object = () => ({})): ListState<T> {
  const route = useRoute()
  const router = useRouter()
  const listing = ref(null) as Ref<Listing<T> | null>
  const problem = ref<Problem | null>(null)
  let newest = 0
  let resting: ReturnType<typeof setTimeout> | undefined

  function inQuery<V extends string | number>(name: string, fallback: V, isReset: boolean) {
    return computed<V>({
      get: () => {
        const given = route.query[name]
        if (typeof given !== 'string') return fallback
        return (typeof fallback === 'number' ? Number(given) || fallback : given) as V
      },
      set: (value) => {
        const kept = Object.fromEntries(Object.entries(route.query).filter(([key]) => !(isReset && key === 'page')))
        const query = { ...kept, [name]: value === fallback ? undefined : String(value) }
        void router.replace({ query })
      },
    })
  }

  const search = inQuery('search', '', true)
  const sort = inQuery('sort', defaultSort, true)
  const page = inQuery<number>('page', 1, false)
  const isNarrowed = computed(() => search.value !== '' || Object.values(filters()).some((value) => value))

  /** Ask the server; an answer that comes after that of a later question is not shown. */
  async function load(): Promise<void> {
    const asked = ++newest
    const params = {
      _limit: LIMIT,
      _page: page.value,
      _sort: sort.value || undefined,
      _search: search.value || undefined,
      ...filters(),
    }
    try {
      const answer = await get<Listing<T>>(path(), params)
      if (asked !== newest) return
      ;[listing.value, problem.value] = [answer, null]
      if (answer.pages && page.value > answer.pages) page.value = answer.pages // the last rows of the page are deleted
    } catch (error) {
      if (asked === newest) problem.value = error as Problem
    }
  }

  watch([path, sort, page, filters], load, { immediate: true, deep: true })
  watch(search, () => {
    clearTimeout(resting)
    resting = setTimeout(load, REST_MS)
  })

  return { listing, problem, search, sort, page, isNarrowed, load }
}
