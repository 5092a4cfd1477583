/** The words of the page in the reader's language; English ones stand in the code and are the keys of the others. */
import { getLanguage, register, translate, translatePlural } from '@nextcloud/l10n'

const APP = 'openconnector'

/** One chunk per language, with the page's own sentences alone: what the server says comes translated. */
const catalogues = import.meta.glob<{ default: { translations: Record<string, string> } }>([
  '../../../l10n/*.json',
  '!../../../l10n/en.json',
])

/** Return the reader's language as servers are asked for it, such as `nl` or `pt-BR`. */
export function languageTag(): string {
  return getLanguage().replaceAll('_', '-')
}

/** Load the catalogue of the page's language; without one the page speaks English. */
export async function loadWords(): Promise<void> {
  const language = languageTag().split('-')[0]
  const load = catalogues[`../../../l10n/${language}.json`]
  if (load) register(APP, (await load()).default.translations)
}

/** Return a sentence in the reader's language; `{name}` stands for a value. */
export function t(text: string, values: Record<string, string | number> = {}): string {
  return translate(APP, text, values, { escape: false, sanitize: false })
}

/** Return the sentence for a number of things; `%n` stands for the number. */
export function n(one: string, many: string, count: number, values: Record<string, string | number> = {}): string {
  return translatePlural(APP, one, many, count, values, { escape: false, sanitize: false })
}
