import { expect, test } from 'vitest'

import { statusChange } from './status-machine.ts'
import type { StatusKind } from './status.ts'

const kinds = [
  'None',
  'Starting',
  'OK',
  'RecoverableError',
  'PermanentError',
  'FatalError',
  'Stopping',
  'Stopped',
] as const satisfies readonly StatusKind[]

// The table of section 5, with the repetitions of STA-02: e = event, r = repeated, . = invalid.
const table: Readonly<Record<StatusKind, string>> = {
  //                 None Start OK Recov Perm Fatal Stopping Stopped
  None: 'r e . . . . . .',
  Starting: '. r e e e e e .',
  OK: '. . e e e e e .',
  RecoverableError: '. . e e e e e .',
  PermanentError: '. . . . r . e .',
  FatalError: '. . . . . r . .',
  Stopping: '. . . e e e r e',
  Stopped: '. . . . . . . r',
}
const letters = { event: 'e', repeated: 'r', invalid: '.' } as const

test.each(kinds)('reports that follow %s', (from) => {
  expect(kinds.map((to) => letters[statusChange(from, to)]).join(' ')).toBe(table[from])
})
