import { describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { useAsking } from '../src/mappings/asking'
import { compared } from '../src/mappings/comparing'
import { placeAt, suggestionsFor, type Knowledge, type Writing } from '../src/mappings/completing'
import { readExample } from '../src/mappings/example'
import { flawOf, moved, newRow, rowsOf, rulesOf, withRows } from '../src/mappings/rules'
import { placeOf, read, written } from '../src/mappings/text'

const entry = (kind: 'filter' | 'function' | 'test' | 'method' | 'cast', name: string, dialects = ['jinja', 'twig']) => {
  return { kind, name, arguments: '', dialects, summary: '', examples: [] }
}
const known: Knowledge = {
  example: { name: 'Ada', address: { city: 'London', 'post code': 'N1' }, phones: [{ number: 1 }], 'a.b': 2 },
  entries: [entry('filter', 'upper'), entry('filter', 'striptags', ['jinja']), entry('function', 'range'), entry('test', 'defined'), entry('method', 'items'), entry('cast', 'integer')],
  dialect: 'twig',
  schema: { type: 'object', properties: { title: { type: 'string' }, place: { type: 'object', properties: { city: { type: 'string' } } } } },
}

function suggested(text: string, writing: Writing = 'expression'): string[] | null {
  const place = placeAt(text, writing)
  return place && suggestionsFor(place, known, text.slice(place.from)).map(({ label }) => label)
}

describe('what is suggested', () => {
  it('is every path of the example where nothing but a path can stand, dots of names escaped', () => {
    expect(suggested('add')).toEqual(['name', 'address', 'phones', 'a&#46;b', 'address.city', 'address.post code', 'phones.0', 'phones.0.number'])
  })

  it('within a template is what an expression can name, as it is written there', () => {
    expect(suggested('{{ add')).toEqual(['name', 'address', 'phones', 'address.city', "address['post code']", 'phones.0', 'phones.0.number', 'range'])
    expect(suggested('{{ address.it')).toContain('address.items')
  })

  it.each([
    ['{{ name | up', ['upper']],
    ['{{ name is not de', ['defined']],
    ['{% if name is de', ['defined']],
    ["{{ 'in a text ", null],
    ['{{ name }} after', null],
  ])('after %s is %j, of the dialect alone', (text, labels) => {
    expect(suggested(text)).toEqual(labels)
  })

  it.each<[string, string, string[]]>([
    ['casts', 'mapping:\n  a: b\ncast:\n  a: int', ['integer']],
    ['fields of the schema', 'mapping:\n  ti', ['title', 'place', 'place.city']],
    ['filters', 'mapping:\n  a: "{{ name | up', ['upper']],
  ])('in rules as text are %s where they belong', (_, text, labels) => {
    expect(suggested(text, 'rules')).toEqual(labels)
  })

  it('in rules as text takes the place of the value alone', () => {
    expect(placeAt('mapping:\n  a: na', 'rules')).toEqual({ kind: 'path', from: 14 })
    expect(placeAt('mapping:\n  a: "{{ open\n  b: na', 'rules')).toEqual({ kind: 'path', from: 28 })
  })

  it('among casts is a cast, behind a comma too', () => {
    expect(placeAt('trim, int', 'casts')).toEqual({ kind: 'cast', from: 6 })
  })
})

describe('the rows of rules', () => {
  const rules = rulesOf({
    mapping: { name: '{{ first }}', tags: ['new'], count: 3 },
    cast: { count: 'string', passed: ['trim', 'unsetIfValue==a,b'] },
    passThrough: true,
  })

  it('come back as the rules they were made of', () => {
    expect(withRows(rules, rowsOf(rules))).toEqual(rules)
  })

  it('say what is a fixed value, and what only has casts', () => {
    const shown = rowsOf(rules).map(({ target, expression, isFixed, isCastOnly, casts }) => ({ target, expression, isFixed, isCastOnly, casts }))

    expect(shown).toEqual([
      { target: 'name', expression: '{{ first }}', isFixed: false, isCastOnly: false, casts: '' },
      { target: 'tags', expression: '["new"]', isFixed: true, isCastOnly: false, casts: '' },
      { target: 'count', expression: '3', isFixed: true, isCastOnly: false, casts: 'string' },
      { target: 'passed', expression: '', isFixed: false, isCastOnly: true, casts: '["trim","unsetIfValue==a,b"]' },
    ])
  })

  it('take no part while they have a flaw, and the others do', () => {
    const right = { ...newRow('a'), expression: 'x' }
    const rows = [right, { ...newRow('a'), expression: 'y' }, newRow(), { ...newRow('b'), isFixed: true, expression: '{' }, { ...newRow('c'), casts: '[1]' }]

    expect(rows.map((row) => flawOf(row, rows))).toEqual([undefined, 'doubled', 'unnamed', 'noJson', 'noCasts'])
    expect(withRows(rulesOf({}), rows).mapping).toEqual({ a: 'x' })
  })

  it('are moved within their ends', () => {
    expect([moved(['a', 'b', 'c'], 0, 1), moved(['a', 'b'], 0, -1), moved(['a', 'b'], 1, 1)]).toEqual([['b', 'a', 'c'], ['a', 'b'], ['a', 'b']])
  })
})

describe('rules as text', () => {
  it('come back as they were, and are short where they are as usual', () => {
    const rules = rulesOf({ mapping: { a: '{{ b }}', c: 'one\ntwo: {{ d }}', e: 1, f: 'true' }, cast: { a: ['trim', 'int'] }, dialect: 'twig' })

    expect(read(written(rules)).rules).toEqual(rules)
    expect(written(rulesOf({ mapping: { a: 'b' } }))).toBe('mapping:\n  a: b\n')
  })

  it.each([
    ['mapping: [', 'of YAML that cannot be read'],
    ['mapping:\n  a: b\n  a: c', 'of a field that stands twice'],
    ['maping:\n  a: b', 'of a name that means nothing'],
    ['mapping: [a]', 'of what must be names with values'],
    ['dialect: php', 'of a dialect there is none of'],
  ])('%j give a mark %s, and no rules', (text) => {
    const found = read(text)

    expect(found.rules).toBeUndefined()
    expect(found.flaws.length).toBeGreaterThan(0)
  })

  it.each<[string, string, string, number, number]>([
    ['a quoted template', 'mapping:\n  a.b: "{{ x | nofilter }}"', 'mapping.a.b', 1, 8],
    ['a plain one', 'mapping:\n  a.b: x {{ y | nofilter }}', 'mapping.a.b', 1, 10],
    ['one of several lines', 'mapping:\n  a.b: |\n    first\n    {{ y | nofilter }}\n', 'mapping.a.b', 2, 8],
  ])('show in %s where the server found the error', (_, text, field, line, column) => {
    const { from, to } = placeOf(read(text), text, field, line, column)

    expect(text.slice(from, to)).toBe('nofilter')
  })

  it('show the whole value where the place within is not known, and the name where there is no value', () => {
    const text = 'mapping:\n  a: b\ncast: {a: nocast}'

    expect(text.slice(...Object.values(placeOf(read(text), text, 'cast.a')))).toBe('nocast')
    expect(text.slice(...Object.values(placeOf(read(text), text, 'mapping.gone')))).toBe('mapping')
  })
})

describe('an example', () => {
  it.each(['{"a": 1}', 'a: 1'])('is read from %j', (text) => {
    expect(readExample(text).record).toEqual({ a: 1 })
  })

  it.each(['{"a": ', 'just text'])('that is none, such as %j, is marked', (text) => {
    expect(readExample(text)).toMatchObject({ flaws: [{ message: expect.any(String) }] })
  })

  it('that is not there yet is no mistake', () => {
    expect(readExample(' ')).toEqual({ flaws: [] })
  })
})

describe('a result compared with a schema', () => {
  const schema = {
    type: 'object',
    required: ['id', 'size'],
    properties: {
      id: { type: 'string' },
      size: { type: 'number' },
      note: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      parts: { type: 'array', items: { $ref: '#/$defs/Part' } },
    },
    $defs: { Part: { type: 'object', properties: { name: { type: 'string' } } } },
  }

  it('that has all and nothing else has no differences', () => {
    expect(compared({ id: 'a', size: 1, note: null, parts: [{ name: 'b' }] }, schema)).toEqual([])
  })

  it('names what is missing, of another type, too much and not filled, what has to be mended first', () => {
    const parts = [{ name: 1 }, { name: 2, more: true }]

    expect(compared({ id: 3, parts }, schema)).toEqual([
      { path: 'size', kind: 'missing', expected: 'number', found: '' },
      { path: 'id', kind: 'type', expected: 'string', found: 'integer' },
      { path: 'parts.*.name', kind: 'type', expected: 'string', found: 'integer' },
      { path: 'parts.*.more', kind: 'extra', expected: '', found: 'boolean' },
      { path: 'note', kind: 'absent', expected: 'string, null', found: '' },
    ])
  })

  it('that allows several types says each of them', () => {
    expect(compared({ a: true }, { properties: { a: { type: ['string', 'null'] as unknown as string } } })[0]?.expected).toBe('string, null')
  })
})

describe('what is asked while somebody writes', () => {
  it('waits until typing rests, and calls off what is overtaken', async () => {
    vi.useFakeTimers()
    const text = ref<string | null>('a')
    const asked: [string, AbortSignal][] = []
    const scope = effectScope()
    scope.run(() => useAsking(() => (text.value === null ? null : { text: text.value }), async (question, signal) => void asked.push([question.text, signal])))

    text.value = 'ab'
    await nextTick()
    await vi.runAllTimersAsync()
    text.value = 'abc'
    await nextTick()
    const [[first, signal] = []] = asked
    await vi.runAllTimersAsync()
    text.value = null
    await nextTick()
    await vi.runAllTimersAsync()
    scope.stop()
    vi.useRealTimers()

    expect([first, signal?.aborted]).toEqual(['ab', true])
    expect(asked.map(([question]) => question)).toEqual(['ab', 'abc'])
  })
})
