/** One action on several definitions: each for itself, so that one refusal stops none of the others. */
import type { Problem } from '../api/client'
import type { Definition } from '../api/types'

export interface Refusal {
  definition: Definition
  why: string
}

export interface Outcome {
  done: Definition[]
  refused: Refusal[]
}

/** Do something with each definition in turn, and return with which it was done and which were refused, and why. */
export async function each(definitions: Definition[], act: (definition: Definition) => Promise<unknown>): Promise<Outcome> {
  const outcome: Outcome = { done: [], refused: [] }
  for (const definition of definitions) {
    try {
      await act(definition)
      outcome.done.push(definition)
    } catch (error) {
      outcome.refused.push({ definition, why: (error as Problem).message })
    }
  }
  return outcome
}
