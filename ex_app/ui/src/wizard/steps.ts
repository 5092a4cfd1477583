/** The steps of the wizard: what each is called, and what it needs before the next. */
import { computed, type ComputedRef } from 'vue'
import type { Values } from '../forms/schema'
import { t } from '../l10n'
import { useDraft } from './draft'

export interface Steps {
  titles: ComputedRef<string[]>
  /** The last step that can be opened. */
  reachable: ComputedRef<number>
  /** Whether a step has what the next one needs. */
  isReady: (step: number) => boolean
  /** Return what a step still needs. */
  hint: (step: number) => string
}

/** Return the step at which a field of the draft is filled in. */
export function stepOf(field: string): number {
  if (field.startsWith('source.')) return 1
  if (field.startsWith('synchronization.sourceConfig')) return 2
  return /^(mapping|schema|register|synchronization\.(target|sourceTargetMapping))/.test(field) ? 3 : 4
}

export function useSteps(): Steps {
  const draft = useDraft()
  const titles = computed(() => [
    t('Where does the data come from?'),
    t('Which records?'),
    t('Where does it go, and as what?'),
    t('When?'),
  ])

  const filled: (() => boolean)[] = [
    () => Boolean(draft.body?.source ?? draft.body?.synchronization.sourceId) && hasAnswered(),
    () => Boolean(draft.choice.idPosition),
    hasTarget,
  ]

  /** What was gone on from before needs no new answer, as long as nothing is changed. */
  function hasAnswered(): boolean {
    if (!draft.sample) return draft.isAsLoaded && Boolean(draft.choice.idPosition)
    return draft.isTested && Boolean(draft.sample?.isSuccessful || draft.sample?.lists.length)
  }

  function hasTarget(): boolean {
    if (draft.body?.schema) return draft.body.schema.title !== ''
    const target = (draft.body?.synchronization.target ?? {}) as Values
    return target.kind === 'object_store' ? Boolean(target.register && target.schema) : Boolean(target.kind)
  }

  const hints = computed(() => [
    t('Test the connection first.'),
    t('Choose what tells one record from another.'),
    t('Choose where the records go.'),
  ])
  const reachable = computed(() => {
    const open = filled.findIndex((isFilled) => !isFilled())
    return open === -1 ? titles.value.length : open + 1
  })

  return {
    titles,
    reachable,
    isReady: (step) => filled[step - 1]?.() ?? true,
    hint: (step) => hints.value[step - 1] ?? '',
  }
}
