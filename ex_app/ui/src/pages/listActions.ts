/** What people do from a list, with one row or with all that are selected. */
import { computed, ref, watch, type ComputedRef, type Ref } from 'vue'
import { useRouter } from 'vue-router'
import { getFile, post, remove, type Listing } from '../api/client'
import type { Definition } from '../api/types'
import type { ActionName } from '../lists/actions'
import { each, type Outcome } from '../lists/bulk'
import { useActing, type Acting } from './acting'
import { saveAs } from './saving'

export interface ListActions extends Pick<Acting, 'problem' | 'trial'> {
  /** The ids of the rows that are selected. */
  selected: Ref<string[]>
  /** The rows that are selected; those of another page are not. */
  chosen: ComputedRef<Definition[]>
  /** What is to be deleted once people agree. */
  doomed: Ref<Definition[]>
  /** What became of the last action on several. */
  outcome: Ref<(Outcome & { action: ActionName }) | null>
  isBusy: Ref<boolean>
  act: (name: ActionName, definition: Definition) => void
  actOnSelected: (name: ActionName) => void
  /** Delete what is doomed. */
  destroy: () => Promise<void>
}

/** Return the actions of a list; `load` reads it anew. */
export function useListActions(collection: () => string, listing: Ref<Listing<Definition> | null>, load: () => Promise<void>): ListActions {
  const router = useRouter()
  const { problem, trial, doing, run, tryOut } = useActing()
  const selected = ref<string[]>([])
  const chosen = computed(() => listing.value?.results.filter(({ id }) => selected.value.includes(id)) ?? [])
  const doomed = ref<Definition[]>([])
  const outcome: ListActions['outcome'] = ref(null)
  const isBusy = ref(false)

  async function onEach(action: ActionName, definitions: Definition[], what: (definition: Definition) => Promise<unknown>) {
    isBusy.value = true
    outcome.value = null
    try {
      outcome.value = { action, ...(await each(definitions, what)) }
    } finally {
      isBusy.value = false
    }
  }

  async function destroy() {
    const definitions = doomed.value
    doomed.value = []
    await onEach('delete', definitions, ({ id }) => remove(`/${collection()}/${id}`))
    await load()
  }

  function save(definitions: Definition[]) {
    const slugs = definitions.map(({ slug }) => slug)
    return doing(async () => {
      saveAs(await getFile('/configuration', { sections: collection(), slugs: slugs.join(',') }), `${slugs.length > 1 ? collection() : slugs[0]}.yaml`)
    })
  }

  function act(name: ActionName, definition: Definition) {
    if (name === 'delete') doomed.value = [definition]
    else if (name === 'duplicate') void router.push({ name: 'new', params: { collection: collection() }, query: { copy: definition.slug } })
    else if (name === 'export') void save([definition])
    else if (name === 'test') void tryOut(definition)
    else void run(definition, name)
  }

  function actOnSelected(name: ActionName) {
    if (name === 'delete') doomed.value = chosen.value
    else if (name === 'export') void save(chosen.value)
    else void onEach(name, chosen.value, ({ id }) => post(`/synchronizations/${id}/run`))
  }

  watch(collection, () => {
    selected.value = []
    outcome.value = null
  })

  return { selected, chosen, doomed, outcome, isBusy, problem, trial, act, actOnSelected, destroy }
}
