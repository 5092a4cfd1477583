/** The widgets by name; each takes `FieldProps` and a model. */
import type { Component } from 'vue'
import type { Widget } from '../schema'
import BooleanField from './BooleanField.vue'
import ChoiceField from './ChoiceField.vue'
import ItemsField from './ItemsField.vue'
import JsonField from './JsonField.vue'
import LongTextField from './LongTextField.vue'
import NumberField from './NumberField.vue'
import ObjectField from './ObjectField.vue'
import PairsField from './PairsField.vue'
import ReferenceField from './ReferenceField.vue'
import SecretField from './SecretField.vue'
import TextField from './TextField.vue'
import TextsField from './TextsField.vue'
import UnionField from './UnionField.vue'

export const WIDGETS: Record<Widget, Component | null> = {
  boolean: BooleanField,
  choice: ChoiceField,
  constant: null, // nobody can change it
  items: ItemsField,
  json: JsonField,
  longText: LongTextField,
  number: NumberField,
  object: ObjectField,
  pairs: PairsField,
  reference: ReferenceField,
  references: ReferenceField,
  secret: SecretField,
  text: TextField,
  texts: TextsField,
  union: UnionField,
}
