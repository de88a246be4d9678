import { describe, expect, it } from 'vitest'

import {
  createRegistry,
  defineExtension,
  defineReceiver,
  entryOf,
  type ExtensionRole,
} from '../../src/index.ts'
import { testAuthority } from '../../src/testing/index.ts'
import { base, faultsOf, linesOf, load, registry as usual } from './load.ts'

const idle = { start: () => Promise.resolve(), shutdown: () => Promise.resolve() }

/** A receiver that judges two settings together, uses a storage and has a certificate. */
const pair = defineReceiver({
  type: 'pair',
  stability: 'beta',
  schema: {
    type: 'object',
    properties: {
      min: { type: 'integer', default: 1 },
      max: { type: 'integer', default: 2 },
      mode: { type: 'string', enum: ['up', 'down'], default: 'up' },
      token: { type: 'string', secret: true },
      name: { type: 'string' },
      storage: { type: 'string', reference: 'extension', role: 'storage' },
      tls: {
        type: 'object',
        properties: {
          cert_file: { type: 'string', format: 'path', pem: 'certificate' },
          key_file: { type: 'string', format: 'path', pem: 'key' },
        },
      },
    },
  },
  validate({ min, max, name }, report) {
    if (min > max) report(['max'], 'max is less than min', String(min))
    if (name === undefined) report(['name'], 'a name is needed')
  },
  create: () => idle,
})

const extension = (type: string, offers?: readonly ExtensionRole[]) =>
  defineExtension({
    type,
    stability: 'beta',
    schema: { type: 'object', properties: {} },
    create: () => idle,
    ...(offers === undefined ? {} : { offers }),
  })

const registry = createRegistry([
  ...usual.entries,
  entryOf(pair),
  entryOf(extension('disk', ['storage'])),
  entryOf(extension('watch', [])),
  entryOf(extension('silent')),
])

const withPair = (settings: string, extensions = ''): string =>
  `receivers:\n  pair: ${settings}\n${extensions}exporters: { debug: }\nservice:\n  ${extensions === '' ? '' : 'extensions: [disk, watch, silent]\n  '}pipelines: { traces: { receivers: [pair], exporters: [debug] } }\n`

const faults = (settings: string, extensions?: string) =>
  linesOf({ files: { 'c.yaml': withPair(settings, extensions) }, registry })

describe('faults behind others', () => {
  it('are found among settings that are right beside one that is not', async () => {
    expect(await faults('{ mode: upp, min: 9, max: 3, name: a }')).toEqual([
      expect.stringContaining(`2:17 receivers::pair::mode: 'mode' must be one of "up", "down", got "upp"`),
      expect.stringContaining('2:35 receivers::pair::max: max is less than min'),
    ])
  })

  it('are found in misspelt sections, at the place where they are written', async () => {
    const text = base
      .replace('receivers:', 'recievers:')
      .replace('http:', 'htp: { endpoint: 5 }')
      .replace('pipelines:', 'pipelins:')
      .replace('[debug]', '[debg]')

    expect((await linesOf(text)).map((line) => line.split(':', 2).join(':').replace(/ .*/, ''))).toEqual([
      '2:1',
      '5:7',
      '5:24',
      '9:3',
      '12:19',
    ])
  })

  it('are not invented: what a fault itself brings about is left out', async () => {
    expect(await faults('{ min: 5, max: many, name: a }')).toHaveLength(1)
    expect(await faults('{ nam: a }')).toEqual([expect.stringContaining('invalid keys: nam')])
    expect(await faults('{ name: [a] }')).toHaveLength(1)
  })

  it('hide the secret of a misspelt key', async () => {
    const [issue] = await faultsOf({ files: { 'c.yaml': withPair('{ tokn: s3cr3t, name: a }') }, registry })

    expect(issue).toMatchObject({ suggestion: 'token' })
    expect(JSON.stringify(issue)).not.toContain('s3cr3t')
  })
})

describe('an extension that a setting names', () => {
  const extensions = 'extensions: { disk: , watch: , silent: }\n'

  it('must be able to do its work, if it says what it can do', async () => {
    expect(await faults('{ name: a, storage: watch }', extensions)).toEqual([
      '2:29 receivers::pair::storage: extension "watch" is no storage',
    ])
  })

  it.each(['disk', 'silent'])('is taken when it is %s', async (id) => {
    const text = withPair(`{ name: a, storage: ${id} }`, extensions)

    await expect(load({ files: { 'c.yaml': text }, registry })).resolves.toBeDefined()
  })
})

describe('PEM files', () => {
  const [one, other] = [testAuthority().issue(), testAuthority().issue()]
  const files: Readonly<Record<string, string>> = {
    cert: one.cert,
    key: one.key,
    'other-key': other.key,
    text: 'no pem',
  }
  const readPem = (path: string) =>
    path in files
      ? Promise.resolve(Buffer.from(files[path] ?? ''))
      : Promise.reject(Object.assign(new Error('gone'), { code: 'ENOENT' }))
  const messages = async (cert: string, key: string) => {
    const text = withPair(`{ name: a, tls: { cert_file: ${cert}, key_file: ${key} } }`)
    const found = await faultsOf({ files: { 'c.yaml': text }, registry, readPem, strictFiles: true })
    return found.map(({ message }) => message)
  }

  it.each([
    ['cert', 'gone', 'unable to read the file gone: no such file or directory'],
    ['text', 'key', 'the file text holds no certificate in PEM form'],
    ['cert', 'cert', 'the file cert holds no key without a passphrase in PEM form'],
    ['cert', 'other-key', 'the key in other-key does not belong to the certificate'],
  ])('%s and %s are told of', async (cert, key, message) => {
    expect(await messages(cert, key)).toEqual([message])
  })

  it('that are missing are only warned of where nothing starts', async () => {
    const text = withPair('{ name: a, tls: { cert_file: gone } }')

    const { warnings } = await load({ files: { 'c.yaml': text }, registry, readPem })
    expect(warnings).toContainEqual(expect.objectContaining({ code: 'unreadable_file', line: 2 }))
  })

  it('are taken when they fit, and not read unless asked or used', async () => {
    const good = withPair('{ name: a, tls: { cert_file: cert, key_file: key } }')
    const bad = withPair('{ name: a, tls: { cert_file: gone } }')

    await expect(load({ files: { 'c.yaml': good }, registry, readPem })).resolves.toBeDefined()
    await expect(load({ files: { 'c.yaml': bad }, registry })).resolves.toBeDefined()
    const unused = bad
      .replace('  pair:', '  otlp: { protocols: { http: } }\n  pair:')
      .replace('[pair]', '[otlp]')
    await expect(load({ files: { 'c.yaml': unused }, registry, readPem })).resolves.toBeDefined()
  })
})
