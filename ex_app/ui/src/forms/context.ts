/** What every field of a form may know besides its own part: the whole schema, and what the server said. */
import { inject, provide, type Component, type InjectionKey, type Ref } from 'vue'
import type { FieldProblem } from '../api/client'
import type { Schema, Widget } from './schema'

export interface FormContext {
  /** The whole schema, where references are looked up. */
  root: Ref<Schema>
  problems: Ref<FieldProblem[]>
  /** The components that edit values. They come this way, since some of them hold fields themselves. */
  widgets: Record<Widget, Component | null>
}

const KEY: InjectionKey<FormContext> = Symbol('form')

export function provideForm(context: FormContext): void {
  provide(KEY, context)
}

export function useForm(): FormContext {
  const found = inject(KEY)
  if (!found) throw new Error('a field stands outside of a form')
  return found
}
