/** What a mapping makes of a record, asked for while it is written. */
import { ref, shallowRef, type Ref } from 'vue'
import { post, type Problem } from '../api/client'
import { useAsking } from './asking'
import type { Rules } from './rules'

export interface CastStep {
  name: string
  before: unknown
  after: unknown
  isRemoved: boolean
  error: string | null
}

/** How one field of the result came to be. */
export interface FieldTrace {
  target: string
  expression: unknown
  /** The paths of the record it read, with what stood there. */
  inputs: Record<string, unknown>
  value: unknown
  casts: CastStep[]
  error: string | null
  line: number | null
  column: number | null
}

interface Mapped {
  resultObject: unknown
  isValid: boolean
  validationErrors: string[]
  trace: FieldTrace[]
}

/** What is wrong with a field of the rules, named as the rules are written: `mapping.address.city`, `cast.age`. */
export interface FieldError {
  field: string
  message: string
  line: number
  column: number
}

/** What is tried out. */
export interface Trial {
  rules: Rules
  example: unknown
  /** What the result has to follow, where something is. */
  schema: object | null
}

export interface Preview {
  /** The last result there was. */
  result: Ref<unknown>
  hasResult: Ref<boolean>
  trace: Ref<FieldTrace[]>
  /** Why the rules cannot be used, whatever the record. */
  faults: Ref<FieldError[]>
  /** Which fields failed for this record. */
  failures: Ref<FieldError[]>
  /** What the schema says against the result. */
  objections: Ref<string[]>
  /** Why nothing could be tried. */
  problem: Ref<Problem | null>
}

/** Try out what is written whenever it changes; nothing is tried while there is none. */
export function usePreview(trial: () => Trial | null): Preview {
  const found = {
    result: shallowRef<unknown>(),
    hasResult: ref(false),
    trace: shallowRef<FieldTrace[]>([]),
    faults: shallowRef<FieldError[]>([]),
    failures: shallowRef<FieldError[]>([]),
    objections: shallowRef<string[]>([]),
    problem: shallowRef<Problem | null>(null),
  }
  useAsking(trial, async ({ rules, example, schema }, signal) => {
    try {
      take(found, await post<Mapped>('/mappings/test', { mapping: rules, inputObject: example, schema }, {}, signal))
    } catch (error) {
      if (!signal.aborted) refuse(found, error as Problem)
    }
  })
  return found
}

function take(found: Preview, mapped: Mapped) {
  found.problem.value = null
  found.faults.value = []
  found.trace.value = kept(found.trace.value, mapped.trace)
  found.failures.value = mapped.trace.filter(({ error }) => error !== null).map(errorOf)
  if (found.failures.value.length > 0) return // the last good result stays
  found.result.value = mapped.resultObject
  found.hasResult.value = true
  found.objections.value = mapped.validationErrors
}

/** What came out the same as before stays the same object, so that it need not be drawn anew. */
function kept(before: FieldTrace[], now: FieldTrace[]): FieldTrace[] {
  const known = new Map(before.map((field) => [JSON.stringify(field), field]))
  return now.map((field) => known.get(JSON.stringify(field)) ?? field)
}

function errorOf({ target, error, line, column, casts }: FieldTrace): FieldError {
  const isCast = casts.some((step) => step.error !== null)
  return { field: `${isCast ? 'cast' : 'mapping'}.${target}`, message: error ?? '', line: line ?? 0, column: column ?? 0 }
}

function refuse(found: Preview, problem: Problem) {
  const ours = problem.fields.filter(({ field }) => field.startsWith(BELOW))
  found.failures.value = []
  found.faults.value = ours.map(({ field, message, line, column }) => {
    return { field: field.slice(BELOW.length), message, line: line ?? 0, column: column ?? 0 }
  })
  found.problem.value = ours.length ? null : problem
}

/** The rules are one field of what is sent. */
const BELOW = 'mapping.'
