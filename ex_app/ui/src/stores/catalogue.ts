/** What can be configured, asked for once: navigation, lists and forms follow from it. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { get, Problem } from '../api/client'
import type { Capabilities, Collection } from '../api/types'

export const useCatalogue = defineStore('catalogue', () => {
  const collections = ref<Collection[]>([])
  const capabilities = ref<Capabilities | null>(null)
  const problem = ref<Problem | null>(null)
  const isLoaded = ref(false)

  const byName = computed(() => new Map(collections.value.map((collection) => [collection.name, collection])))

  const may = (right: string) => capabilities.value?.rights.includes(right) ?? false

  /** Whether the reader is known to change nothing here: until that is known, a form is not locked. */
  const mayOnlyRead = computed(() => capabilities.value !== null && !may('change'))

  /** Ask the server; what went wrong is kept for the page to show. */
  async function load(): Promise<void> {
    problem.value = null
    try {
      collections.value = await get<Collection[]>('/collections')
      isLoaded.value = true
      // What the reader may do decides about a few entries of the navigation alone: nothing waits for it.
      void get<{ capabilities: { openconnector: Capabilities } }>('/capabilities').then((answer) => {
        capabilities.value = answer.capabilities.openconnector
      }, () => {})
    } catch (error) {
      problem.value = error as Problem
    }
  }

  return { collections, byName, capabilities, may, mayOnlyRead, problem, isLoaded, load }
})
