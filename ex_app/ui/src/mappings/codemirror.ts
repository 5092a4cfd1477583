/** CodeMirror as this page uses it: colours from Nextcloud, templates within YAML, suggestions with what they do. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap, type Completion, type CompletionSource } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands'
import { yamlLanguage } from '@codemirror/lang-yaml'
import { bracketMatching, HighlightStyle, indentOnInput, StreamLanguage, syntaxHighlighting } from '@codemirror/language'
import { jinja2 } from '@codemirror/legacy-modes/mode/jinja2'
import { lintGutter } from '@codemirror/lint'
import type { Extension } from '@codemirror/state'
import { EditorView, keymap } from '@codemirror/view'
import { parseMixed } from '@lezer/common'
import { highlightCode, tags } from '@lezer/highlight'
import { placeAt, suggestionsFor, type Knowledge, type Suggestion, type Writing } from './completing'

const templates = StreamLanguage.define(jinja2)

/** Values that are no template stay what they are: there are thousands in an example. */
const SCALARS = new Set(['Literal', 'QuotedLiteral', 'BlockLiteralContent'])
const rules = yamlLanguage.configure({
  wrap: parseMixed((node, input) =>
    SCALARS.has(node.name) && /\{[{%]/.test(input.read(node.from, node.to)) ? { parser: templates.parser } : null,
  ),
})

export const LANGUAGES: Record<Writing | 'example', Extension> = { expression: templates, casts: [], rules, example: yamlLanguage }

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--color-main-text)', fontWeight: 'bold' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--color-success-text)' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--color-warning-text)' },
  { tag: [tags.keyword, tags.tagName, tags.operatorKeyword], color: 'var(--color-error-text)' },
  { tag: [tags.variableName, tags.labelName, tags.typeName], color: 'var(--color-info-text)' },
  { tag: [tags.comment, tags.meta, tags.punctuation, tags.separator], color: 'var(--color-text-maxcontrast)' },
])

/** A piece of a text, with the classes of its colours. */
interface Piece {
  text: string
  classes: string
}

/** Return a text in the colours an editor would give it. */
export function coloured(text: string, writing: Writing): Piece[] {
  if (writing !== 'expression' || !text.includes('{')) return text ? [{ text, classes: '' }] : []
  const pieces: Piece[] = []
  const put = (part: string, classes: string) => void pieces.push({ text: part, classes })
  highlightCode(text, templates.parser.parse(text), colours, put, () => put('\n', ''))
  return pieces
}

const IMPORTANT = '!important' // Nextcloud dresses everything that can be edited as a field
const look = EditorView.theme({
  '&': { color: 'var(--color-main-text)', backgroundColor: 'var(--color-main-background)', fontSize: 'var(--font-size-small)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'monospace', lineHeight: '1.6' },
  '.cm-content': {
    margin: `0 ${IMPORTANT}`,
    padding: `6px 0 ${IMPORTANT}`,
    border: `0 ${IMPORTANT}`,
    boxShadow: `none ${IMPORTANT}`,
    backgroundColor: `transparent ${IMPORTANT}`,
    minHeight: `0 ${IMPORTANT}`,
    inlineSize: 'auto',
    caretColor: 'var(--color-main-text)',
    cursor: 'text',
  },
  '.cm-placeholder': { color: 'var(--color-text-maxcontrast)' },
  '.cm-gutters': { backgroundColor: 'transparent', border: '0', color: 'var(--color-text-maxcontrast)' },
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--color-background-dark)' },
  '.cm-tooltip': {
    color: 'var(--color-main-text)',
    backgroundColor: 'var(--color-main-background)',
    border: '1px solid var(--color-border-maxcontrast)',
    borderRadius: 'var(--border-radius-small)',
    maxInlineSize: 'min(420px, 90vw)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    color: 'var(--color-primary-element-text)',
    backgroundColor: 'var(--color-primary-element)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px' },
  '.cm-completionDetail': { marginInlineStart: '1em', fontStyle: 'normal', opacity: '0.9' },
  '.cm-completionInfo': { padding: '8px', fontFamily: 'var(--font-face)' },
  '.cm-completionInfo code': { display: 'block', whiteSpace: 'pre-wrap', marginBlockStart: '4px' },
  '.cm-diagnostic': { fontFamily: 'var(--font-face)' },
  '.cm-diagnostic-error': { borderColor: 'var(--color-border-error)' },
})

/** Return what an editor of one kind of text is made of; what is known is asked for while somebody writes. */
export function setup(writing: Writing | 'example', known: () => Knowledge | null): Extension[] {
  const isLong = writing === 'rules' || writing === 'example'
  return [
    history(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    EditorView.lineWrapping,
    LANGUAGES[writing],
    syntaxHighlighting(colours),
    look,
    isLong ? lintGutter() : [],
    writing === 'example' ? [] : autocompletion({ override: [completing(writing, known)], icons: false }),
    // Tab is nobody's: it leaves the editor, as everywhere on the page.
    keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap]),
  ]
}

function completing(writing: Writing, known: () => Knowledge | null): CompletionSource {
  return (context) => {
    const text = context.state.sliceDoc(0, context.pos)
    const place = placeAt(text, writing)
    const knowledge = known()
    if (!place || !knowledge) return null
    const typed = text.slice(place.from)
    if (typed === '' && !context.explicit && place.kind !== 'filter') return null
    const options = suggestionsFor(place, knowledge, typed).map(optionOf)
    return { from: place.from, options, validFor: /^[\w.]*$/ }
  }
}

function optionOf(suggestion: Suggestion): Completion {
  const { label, detail, entry } = suggestion
  return { label, detail, type: suggestion.kind, ...(entry && { info: () => explained(entry) }) }
}

function explained({ summary, examples }: NonNullable<Suggestion['entry']>): Node {
  const box = document.createElement('div')
  box.append(summary)
  for (const { expression, result } of examples.slice(0, 2)) {
    const code = document.createElement('code')
    code.textContent = `${expression}\n→ ${result}`
    box.append(code)
  }
  return box
}
