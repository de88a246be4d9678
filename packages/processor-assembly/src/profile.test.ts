import { expect, it } from 'vitest'

import { defaultProfile, Profiles } from './profile.ts'

it('puts the settings of the user over the profile of the source over the defaults', () => {
  const profiles = new Profiles(
    new Map([['source', { settleMs: 5, late: 'drop', ranks: { start: 30 } }]]),
    new Map([['source', { settleMs: 7, ranks: { end: 40 } }]]),
  )

  const number = profiles.find('source')

  expect(profiles.at(number ?? 0)).toEqual({
    ...defaultProfile,
    settleMs: 7,
    late: 'drop',
    ranks: { start: 30, update: 10, end: 40, complete: 20 },
  })
})

it('always knows the default profile, as number 0, and lets it be changed', () => {
  const profiles = new Profiles(new Map(), new Map([['default', { defaultName: 'nameless' }]]))

  expect(profiles.find('default')).toBe(0)
  expect(profiles.at(0)).toEqual({ ...defaultProfile, defaultName: 'nameless' })
  expect(profiles.find('stranger')).toBeUndefined()
})

it('leaves a default alone where a setting is absent', () => {
  const profiles = new Profiles(new Map([['source', { defaultName: 'step' }]]), new Map([['source', {}]]))
  expect(profiles.at(profiles.find('source') ?? 0).defaultName).toBe('step')
})

it('knows a profile that came after it, as a reload may add receivers', () => {
  const registered = new Map([['source', { defaultName: 'step' }]])
  const profiles = new Profiles(registered)
  expect(profiles.find('late')).toBeUndefined()

  registered.set('late', { defaultName: 'late step' })

  const number = profiles.find('late') ?? -1
  expect(profiles.at(number).defaultName).toBe('late step')
  expect(profiles.nameOf(number)).toBe('late')
  expect(profiles.find('late')).toBe(number)
  expect(profiles.find('source')).not.toBe(number)
})
