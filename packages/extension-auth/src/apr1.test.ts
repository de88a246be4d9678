import { expect, it } from 'vitest'

import { apr1 } from './apr1.ts'

it.each([
  ['password', 'saltsalt', '$apr1$saltsalt$yAAkm4libquA.ZWLHbSBq/'],
  ['', 'saltsalt', '$apr1$saltsalt$a8ml/vK5HEjiZ5oypDWA7/'],
  ['pässwörd', 'saltsalt', '$apr1$saltsalt$i5XfNxJNeh2E8ljXycZFm0'],
  ['averyveryverylongpasswordthatexceedssixteenbytes', 'saltsalt', '$apr1$saltsalt$Bwbov9DVtVkiYMyYHNerJ/'],
  ['p', 'ab', '$apr1$ab$vv77ghmKwCAoaGfFCKWSr/'],
])('makes of "%s" what OpenSSL makes of it', (password, salt, hash) => {
  expect(apr1(password, salt)).toBe(hash)
})
