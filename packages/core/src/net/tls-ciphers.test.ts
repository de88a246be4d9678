import { createSecureContext, getCiphers } from 'node:tls'

import { expect, it } from 'vitest'

import { StartError } from '../errors/errors.ts'
import { opensslCiphers } from './tls-ciphers.ts'

const known = [
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_AES_128_GCM_SHA256',
]

it.each(known)('knows %s', (name) => {
  const ciphers = opensslCiphers([name])

  expect([...getCiphers(), ...getCiphers().map((cipher) => cipher.toUpperCase())]).toContain(ciphers)
  expect(() => createSecureContext({ ciphers: `${ciphers}:ECDHE-RSA-AES128-GCM-SHA256` })).not.toThrow()
})

it('refuses what is no cipher suite, so that nothing else reaches the list of the TLS library', () => {
  expect(() => opensslCiphers(['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'aNULL:!ALL'])).toThrow(StartError)
})
