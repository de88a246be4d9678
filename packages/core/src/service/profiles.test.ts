import { expect, it } from 'vitest'

import type { AssemblyProfile } from '../component/profile.ts'
import { createRegistry, type RegistryEntry } from '../component/registry.ts'
import { addProfiles } from './profiles.ts'

const entry = (type: string, profiles: Readonly<Record<string, AssemblyProfile>>): RegistryEntry => ({
  kind: 'receiver',
  type,
  stability: 'beta',
  module: `spanloom-receiver-${type}`,
  version: '1.0.0',
  load: () => Promise.reject(new Error('Only profiles are needed.')),
  profiles: () => Promise.resolve(profiles),
})

it('adds to what is known', async () => {
  const [old, fresh] = [{ defaultName: 'old' }, { defaultName: 'new' }]
  const known = new Map([['a', old]])

  await addProfiles(known, createRegistry([entry('x', { a: old }), entry('y', { b: fresh })]))

  expect([...known]).toEqual([
    ['a', old],
    ['b', fresh],
  ])
})

it('names two receivers that claim one name, and adds nothing', async () => {
  const known = new Map<string, AssemblyProfile>()
  const registry = createRegistry([entry('x', { a: {}, b: {} }), entry('y', { a: {} })])

  await expect(addProfiles(known, registry)).rejects.toThrow(
    'Two receivers claim the assembly profile "a": "x" of spanloom-receiver-x, and "y" of spanloom-receiver-y.',
  )
  expect(known.size).toBe(0)
})
