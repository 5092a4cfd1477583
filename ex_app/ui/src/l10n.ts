/** The words of the page in the reader's language; English ones stand in the code and are the keys of the others. */
import { getCanonicalLocale, getLanguage, getPlural, register, translate } from '@nextcloud/l10n'

const APP = 'openconnector'

/** A sentence as it stands in the code -> in another language; what counts has a form for one and a form for more. */
type Words = Record<string, string | string[]>

/** One chunk per language, with the page's own sentences alone: what the server says comes translated. */
const catalogues = import.meta.glob<{ default: { translations: Words } }>([
  '../../../l10n/*.json',
  '!../../../l10n/en.json',
])

/** Return the reader's language as servers are asked for it, such as `nl` or `pt-BR`. */
export function languageTag(): string {
  return getLanguage().replaceAll('_', '-')
}

let words: Words = {}

/** Load the catalogue of the page's language; without one the page speaks English. */
export async function loadWords(): Promise<void> {
  const language = languageTag().split('-')[0]
  const load = catalogues[`../../../l10n/${language}.json`]
  if (!load) return
  words = (await load()).default.translations
  register(APP, words as Record<string, string>)
}

const numbers = new Intl.NumberFormat(getCanonicalLocale())

/** Return a number as the reader writes it, such as `1,707`. */
export function number(value: number): string {
  return numbers.format(value)
}

const dates = new Intl.DateTimeFormat(getCanonicalLocale(), { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** Return a day such as `2026-03-28` as the reader writes it. Days of counts are those of UTC, wherever the reader is. */
export function dateOf(day: string): string {
  return dates.format(new Date(day))
}

type Values = Record<string, string | number>

/** Return the sentence that is known by a text, with its values. */
function said(text: string, values: Values): string {
  const written = Object.entries(values).map(([name, value]) => [name, typeof value === 'number' ? number(value) : value])
  return translate(APP, text, Object.fromEntries(written), { escape: false, sanitize: false })
}

/** Return a sentence in the reader's language; `{name}` stands for a value. */
export function t(text: string, values: Values = {}): string {
  return said(text, values)
}

/** Return the sentence for a number of things; `%n` stands for the number. */
export function n(one: string, many: string, count: number, values: Values = {}): string {
  const forms = words[`_${one}_::_${many}_`]
  const form = Array.isArray(forms) ? forms[getPlural(count)]! : count === 1 ? one : many
  return said(form.replaceAll('%n', number(count)), values)
}
