import type { Schema } from '../schema'

/** What every widget is given. */
export interface FieldProps {
  /** Its own part, references resolved. */
  schema: Schema
  path: string
  label: string
  isRequired?: boolean
  isWrong?: boolean
  /** The id of the element that explains it. */
  helpId: string
}
