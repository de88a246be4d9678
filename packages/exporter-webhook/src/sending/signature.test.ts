import { readFileSync } from 'node:fs'

import { Webhook } from 'standardwebhooks'
import { describe, expect, it } from 'vitest'

import { orchestSignature, secretFault, standardSignature } from './signature.ts'

interface Vectors {
  readonly vectors: readonly {
    readonly name: string
    readonly valid: boolean
    readonly secrets: readonly string[]
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
  }[]
  readonly orchest_compatible: {
    readonly secret: string
    readonly body: string
    readonly headers: Readonly<Record<string, string>>
  }
}

const path = new URL('../../test/fixtures/webhook-exporter-signatures.json', import.meta.url)
const { vectors, orchest_compatible: orchest } = JSON.parse(readFileSync(path, 'utf8')) as Vectors

describe('standardSignature', () => {
  it.each(vectors.map((each) => [each.name, each] as const))(
    '%s',
    (_name, { valid, secrets, headers, body }) => {
      const id = headers['webhook-id'] ?? ''
      const made = standardSignature(secrets, id, Number(headers['webhook-timestamp']), Buffer.from(body))
      expect(made === headers['webhook-signature']).toBe(valid)
    },
  )

  it('is accepted by the official library, with each of its secrets', () => {
    const secrets = vectors[1]?.secrets ?? []
    const now = Math.floor(Date.now() / 1000)
    const body = '{"type":"x","name":"Zażółć"}'
    const headers = {
      'webhook-id': 'dlv_1',
      'webhook-timestamp': String(now),
      'webhook-signature': standardSignature(secrets, 'dlv_1', now, Buffer.from(body)),
    }
    expect(secrets).toHaveLength(2)
    for (const secret of secrets) {
      expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body))
      expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow('No matching signature')
    }
  })
})

it("makes Orchest's signature", () => {
  expect(orchestSignature(orchest.secret, Buffer.from(orchest.body))).toBe(orchest.headers['X-Hub-Signature'])
})

it.each([
  ['whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=', undefined],
  ['any text', undefined],
  ['', 'a secret is empty'],
  ['whsec_', 'what follows whsec_ in a secret is no base64'],
  ['whsec_%%%', 'what follows whsec_ in a secret is no base64'],
  ['whsec_YWJj', 'a secret has 3 bytes; 24 to 64 are usual'],
])('the secret %j: %s', (secret, fault) => {
  expect(secretFault(secret)).toBe(fault)
})
