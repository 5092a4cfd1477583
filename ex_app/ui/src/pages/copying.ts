/** A definition as the beginning of another one. */
import { get, type Listing } from '../api/client'
import type { Definition } from '../api/types'
import { MASK, type Value, type Values } from '../forms/schema'
import { t } from '../l10n'

export interface Copy {
  values: Values
  /** What the original is called. */
  original: string
  /** Whether it has secrets, which nobody can copy. */
  lacksSecrets: boolean
  /** Whether it would run beside the original, and is switched off for that. */
  isSwitchedOff: boolean
}

/** Return the first of `slug-copy`, `slug-copy-2` and so on that is not taken. */
export function freeSlug(slug: string, taken: string[]): string {
  const base = `${slug.replace(/-copy(-\d+)?$/, '')}-copy`
  for (let number = 1; ; number += 1) {
    const wanted = number === 1 ? base : `${base}-${number}`
    if (!taken.includes(wanted)) return wanted
  }
}

/** Return a value with nothing where the server masks a secret. */
export function withoutSecrets(value: Value): Value {
  if (value === MASK) return ''
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutSecrets(inner)]))
}

/** Return the form of a copy; `own` is what people write of the original, `usual` what a new form holds. */
export async function copyOf(collection: string, original: Definition, own: Values, usual: Values): Promise<Copy> {
  const { results } = await get<Listing<Definition>>(`/${collection}`, { _search: `${original.slug.replace(/-copy(-\d+)?$/, '')}-copy`, _limit: 100 })
  const isSwitchedOff = collection === 'synchronizations'
  const values = {
    ...(withoutSecrets(own) as Values),
    name: t('{name} (copy)', { name: original.name }),
    slug: freeSlug(original.slug, results.map(({ slug }) => slug)),
    version: usual.version,
    reference: usual.reference,
    ...(isSwitchedOff ? { isEnabled: false } : {}),
  }
  return { values, original: original.name, lacksSecrets: JSON.stringify(own).includes(MASK), isSwitchedOff }
}
