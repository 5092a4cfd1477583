/** What can be configured, asked for once: navigation, lists and forms follow from it. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { get, Problem } from '../api/client'
import type { Collection } from '../api/types'

export const useCatalogue = defineStore('catalogue', () => {
  const collections = ref<Collection[]>([])
  const problem = ref<Problem | null>(null)
  const isLoaded = ref(false)

  const byName = computed(() => new Map(collections.value.map((collection) => [collection.name, collection])))

  /** Ask the server; what went wrong is kept for the page to show. */
  async function load(): Promise<void> {
    problem.value = null
    try {
      collections.value = await get<Collection[]>('/collections')
      isLoaded.value = true
    } catch (error) {
      problem.value = error as Problem
    }
  }

  return { collections, byName, problem, isLoaded, load }
})
