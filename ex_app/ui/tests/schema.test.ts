import { describe, expect, it } from 'vitest'
import { initial, initialKind, kindsOf, parted, resolved, widgetOf, type Schema } from '../src/forms/schema'

const root: Schema = {
  $defs: {
    Token: { type: 'object', title: 'A token', required: ['token'], properties: { kind: { const: 'token' }, token: { type: 'string', writeOnly: true } } },
    Nothing: { type: 'object', title: 'Nothing', properties: { kind: { const: 'none' } } },
  },
}
const union: Schema = {
  oneOf: [{ $ref: '#/$defs/Token' }, { $ref: '#/$defs/Nothing' }],
  discriminator: { propertyName: 'kind', mapping: { none: '#/$defs/Nothing', token: '#/$defs/Token' } },
}

describe('the widget of a field', () => {
  it.each<[string, Schema]>([
    ['constant', { const: 'rest' }],
    ['union', union],
    ['choice', { enum: ['a', 'b'], type: 'string' }],
    ['boolean', { type: 'boolean' }],
    ['number', { type: 'integer' }],
    ['secret', { type: 'string', format: 'password', writeOnly: true }],
    ['reference', { type: 'string', 'x-refers': 'sources' }],
    ['references', { type: 'array', items: { type: 'string' }, 'x-refers': 'sources' }],
    ['text', { type: 'string', maxLength: 255 }],
    ['longText', { type: 'string', maxLength: 20_000 }],
    ['texts', { type: 'array', items: { type: 'string' } }],
    ['pairs', { type: 'object', additionalProperties: { type: 'string' } }],
    ['object', { type: 'object', properties: {} }],
    ['json', { type: 'object', properties: {}, additionalProperties: true }],
    ['items', { type: 'array', items: { type: 'object', properties: { name: { type: 'string' } } } }],
    ['json', { type: 'array', items: { type: 'object' } }],
    ['json', {}],
  ])('is %s for %o', (widget, schema) => {
    expect(widgetOf(schema)).toBe(widget)
  })
})

describe('a schema', () => {
  it('that refers to another is that one, with what stands beside the reference', () => {
    const found = resolved({ $ref: '#/$defs/Token', description: 'How to sign in.' }, root)

    expect(found.title).toBe('A token')
    expect(found.description).toBe('How to sign in.')
  })

  it('of a field that may be empty is that of its value', () => {
    expect(widgetOf(resolved({ anyOf: [{ type: 'string' }, { type: 'null' }] }, root))).toBe('text')
  })

  it('of a union names its kinds in the order in which they are offered', () => {
    expect([...kindsOf(union, root).keys()]).toEqual(['token', 'none'])
  })
})

describe('a new form', () => {
  it('holds defaults, and the first kind of a union', () => {
    const schema: Schema = { type: 'object', properties: { size: { type: 'integer', default: 20 }, auth: union } }

    expect(initial(schema, root)).toEqual({ size: 20, auth: { kind: 'token', token: '' } })
  })

  it('for another kind holds the fields of that kind', () => {
    expect(initialKind(union, root, 'none')).toEqual({ kind: 'none' })
  })

  it('shares no value with its schema', () => {
    const schema: Schema = { type: 'object', properties: { tags: { type: 'array', default: [] } } }
    const one = initial(schema, root) as { tags: string[] }
    one.tags.push('changed')

    expect(initial(schema, root)).toEqual({ tags: [] })
  })
})

describe('the fields of an object', () => {
  const properties = Object.fromEntries([...'abcdef'].map((name) => [name, { type: 'string', default: '' }]))
  const schema: Schema = { type: 'object', required: ['a'], properties }

  it('that are as most people have them are folded away, and those that differ are not', () => {
    expect(parted(schema, root, { a: '', b: 'own', c: '', d: '', e: '', f: '' })).toEqual({ first: ['a', 'b'], more: ['c', 'd', 'e', 'f'] })
  })

  it('are all shown when there are few', () => {
    const few: Schema = { type: 'object', properties: { a: { type: 'string', default: '' } } }

    expect(parted(few, root, { a: '' })).toEqual({ first: ['a'], more: [] })
  })

  it('that are for experts are folded away whatever they hold', () => {
    const advanced: Schema = { ...schema, properties: { ...properties, b: { type: 'string', default: '', 'x-advanced': true } } }

    expect(parted(advanced, root, { a: '', b: 'own', c: '', d: '', e: '', f: '' }).more).toContain('b')
  })
})
