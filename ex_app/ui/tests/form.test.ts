import { mount, type VueWrapper } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import type { FieldProblem } from '../src/api/client'
import { initial, type Schema, type Values } from '../src/forms/schema'
import SchemaForm from '../src/forms/SchemaForm.vue'

/** A kind that exists in this test alone. */
const schema: Schema = {
  type: 'object',
  required: ['name'],
  properties: {
    name: { type: 'string', title: 'Name', description: 'What people call it.' },
    isLoud: { type: 'boolean', title: 'Loud', default: false },
    bells: { type: 'array', title: 'More bells', items: { $ref: '#/$defs/Large' }, default: [] },
    bell: {
      title: 'Bell',
      oneOf: [{ $ref: '#/$defs/Small' }, { $ref: '#/$defs/Large' }],
      discriminator: { propertyName: 'kind', mapping: { small: '#/$defs/Small', large: '#/$defs/Large' } },
    },
  },
  $defs: {
    Small: { type: 'object', title: 'A small bell', properties: { kind: { const: 'small' } } },
    Large: { type: 'object', title: 'A large bell', properties: { kind: { const: 'large' }, weight: { type: 'integer', title: 'Weight' } } },
  },
}

function form(values: Values, problems: FieldProblem[] = []): VueWrapper {
  const wrapper: VueWrapper = mount(SchemaForm, {
    attachTo: document.body,
    props: {
      schema,
      problems,
      modelValue: values,
      'onUpdate:modelValue': (given: Values) => void wrapper.setProps({ modelValue: given }),
    },
  })
  return wrapper
}

function held(wrapper: VueWrapper): Values {
  return (wrapper.props() as { modelValue: Values }).modelValue
}

describe('a form', () => {
  it('of a kind it has never heard of edits every field, with the help that stands in the schema', async () => {
    const wrapper = form(initial(schema, schema) as Values)

    await wrapper.find('[data-field="name"] input').setValue('Doorbell')

    expect(held(wrapper)).toEqual({ name: 'Doorbell', isLoud: false, bells: [], bell: { kind: 'small' } })
    expect(wrapper.find('[data-field="name"]').text()).toContain('What people call it.')
    expect(wrapper.find('[data-field="bell"]').text()).toContain('A small bell')
  })

  it('that is locked says so, takes no typing and sends nothing', async () => {
    const wrapper = form({ name: 'Doorbell', isLoud: false, bells: [], bell: { kind: 'small' } })
    await wrapper.setProps({ isLocked: true })

    await wrapper.find('form').trigger('submit')

    expect(wrapper.emitted('submit')).toBeUndefined()
    expect(wrapper.find('[data-field="name"] input').element.matches(':disabled')).toBe(true)
    expect(wrapper.text()).toContain('Only administrators and editors can change this.')
  })

  it('shows the fields of the kind that is chosen', () => {
    const wrapper = form({ name: '', isLoud: false, bell: { kind: 'large', weight: 3 } })

    expect((wrapper.find('[data-field="bell.weight"] input').element as HTMLInputElement).value).toBe('3')
  })

  it('adds things that have fields themselves, and takes away the one that is meant', async () => {
    const wrapper = form({ name: '', isLoud: false, bells: [{ kind: 'large', weight: 1 }], bell: { kind: 'small' } })
    const bells = wrapper.find('[data-field="bells"]')

    await bells.find('button[aria-label="Add to More bells"]').trigger('click')
    await bells.find('[data-field="bells.1.weight"] input').setValue('2')
    await bells.find('button[aria-label="Remove More bells, number 1"]').trigger('click')

    expect(held(wrapper).bells).toEqual([{ kind: 'large', weight: 2 }])
    expect((bells.find('[data-field="bells.0.weight"] input').element as HTMLInputElement).value).toBe('2')
  })

  it('shows what the server said at its field, and in a summary that takes the focus', async () => {
    const wrapper = form({ name: '', isLoud: false, bell: { kind: 'small' } })

    await wrapper.setProps({ problems: [{ field: 'name', message: 'is too short' }] })
    await wrapper.vm.$nextTick()

    expect(wrapper.find('[data-field="name"] [role="alert"]').text()).toBe('is too short')
    expect(document.activeElement?.textContent).toContain('is too short')
  })
})
