import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import JsonTree from '../src/wizard/JsonTree.vue'
import type { Sample } from '../src/wizard/draft'
import { rowOf } from '../src/wizard/fields'
import { areOfOthers, isGone, stillThere } from '../src/wizard/leftover'
import { pathOf, pathsOf, templateOf } from '../src/wizard/paths'
import { daily, HOURLY, whenOf } from '../src/wizard/schedule'
import { stepOf } from '../src/wizard/steps'

describe('a path of a record', () => {
  it.each(['name', 'who.mail', 'v1&#46;0', 'a b.c', 'list.0.name', 'not', 'quote".x', '_context'])('%s is what its template reads', (path) => {
    expect(pathOf(templateOf(path))).toBe(path)
  })

  it.each(['{{ name | upper }}', '{{ a }} {{ b }}', 'text', '{{ f(x) }}', '{{ a + b }}', '{{ }}'])('is not what %s is', (template) => {
    expect(pathOf(template)).toBeNull()
  })

  it('is found for every field, and for a list as a whole', () => {
    expect(pathsOf([{ a: { 'b.c': 1 } }, { a: { d: null }, e: [{ f: 1 }] }])).toEqual(['a.b&#46;c', 'a.d', 'e'])
  })
})

describe('a schedule', () => {
  it('is recognised as what it was chosen as', () => {
    expect([undefined, HOURLY, daily('06:30'), { kind: 'cron', expression: '0 6 * * *' }, { ...HOURLY, every: 2 }].map(whenOf)).toEqual([
      'hand',
      'hour',
      'day',
      'other',
      'other',
    ])
  })
})

describe('a problem', () => {
  it('is mended at the step where its field is', () => {
    const fields = ['source.name', 'synchronization.sourceConfig.idPosition', 'mapping.mapping.a', 'synchronization.target.kind', 'synchronization.name']

    expect(fields.map(stepOf)).toEqual([1, 2, 3, 3, 4])
  })
})

describe('the tree of an answer', () => {
  const value = { page: 1, data: { 'people.all': [{ name: 'Ada' }], places: [{ name: 'Zoo' }] } }
  const lists = [
    { position: 'data.people&#46;all', count: 40, isRead: true },
    { position: 'data.places', count: 7, isRead: false },
  ]
  const tree = () => mount(JsonTree, { attachTo: document.body, props: { value, lists, label: 'Answer', modelValue: 'data.people&#46;all' } })

  it('shows the way to the list that is read, how long it really is, and lets another be chosen by keyboard', async () => {
    const wrapper = tree()
    const named = () => wrapper.findAll('[role="treeitem"]').map((item) => item.text())
    expect(named()).toEqual(['Answer 2 fields', 'page 1', 'data 2 fields', 'people.all list of 40', '[0] 1 field', 'places list of 7'])

    for (const key of ['End', 'Enter']) await wrapper.find('[role="tree"]').trigger('keydown', { key })

    expect(wrapper.emitted('update:modelValue')).toEqual([['data.places']])
  })

  it('has one place in the order of Tab, which the arrows move', async () => {
    const wrapper = tree()
    const inOrder = () => wrapper.findAll('[tabindex="0"]').map((item) => item.text())
    expect(inOrder()).toEqual(['people.all list of 40'])

    for (const key of ['ArrowLeft', 'ArrowLeft']) await wrapper.find('[role="tree"]').trigger('keydown', { key })

    expect(inOrder()).toEqual(['data 2 fields'])
    expect(wrapper.text()).not.toContain('[0]')
  })
})

describe('what was chosen for one source', () => {
  const brought = (part: Partial<Sample>) => ({ isSuccessful: true, lists: [], keys: [], records: [{ code: 1, who: { 'e.mail': null } }], ...part }) as unknown as Sample
  const lists = [{ position: 'items', count: 2, isRead: false }]

  it.each(['code', 'who.e&#46;mail', '$.code'])('stays for another that has it too: %s', (idPosition) => {
    const choice = { resultsPosition: 'items', idPosition, method: 'POST' }

    expect(stillThere(choice, brought({}))).toEqual(choice)
  })

  it('is forgotten where nothing is left of it: what tells records apart, or the list that holds them', () => {
    const choice = { resultsPosition: 'rows', idPosition: 'id', method: 'POST' }

    expect(stillThere(choice, brought({}))).toEqual({ resultsPosition: 'rows', method: 'POST' })
    expect(stillThere(choice, brought({ isSuccessful: false, lists, records: [] }))).toEqual({ method: 'POST' })
    expect(stillThere(choice, brought({ isSuccessful: false, records: [] }))).toEqual(choice)
  })

  it('gives way to fields of the other as soon as none of those it reads is there', () => {
    const [old, kept, fixed] = [rowOf('title', '{{ name }}'), rowOf('number', '{{ code }}'), rowOf('city', 'Delft')]
    const { records } = brought({})

    expect([old, kept, fixed].map((row) => isGone(row, records))).toEqual([true, false, false])
    expect([[old, fixed], [old, kept], [fixed], []].map((rows) => areOfOthers(rows, records))).toEqual([true, false, false, false])
    expect(areOfOthers([old], [])).toBe(false)
  })
})
