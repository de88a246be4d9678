import { fileURLToPath } from 'node:url'

import { describe, expect, test } from 'vitest'

import { findKcat, type Kcat, runKcat } from './kcat.ts'
import { startProcess } from './process.ts'
import { withPeer } from './vitest.ts'

const command = fileURLToPath(new URL('../../packages/collector/src/cli.ts', import.meta.url))
const limitMs = 120_000
const format = ['-f', '%p %o %k %s %h\n']

interface Hub extends AsyncDisposable {
  /** Arguments of kcat that say where the hub is and who asks. */
  readonly access: readonly string[]
}

async function startHub(password?: string): Promise<Hub> {
  const serving = await startProcess({
    command: process.execPath,
    args: [command, 'eventhub', 'serve', '--port', '0', '--kafka-port', '0', '--hub', 'flows:2'],
    ready: /^Ready/,
    readyOn: 'stdout',
  })
  const [, address = ''] = /^Kafka on (\S+)$/m.exec(serving.stdout()) ?? []
  const [connectionString = ''] = /^Endpoint=.*$/m.exec(serving.stdout()) ?? []
  const settings = [
    'security.protocol=SASL_PLAINTEXT',
    'sasl.mechanisms=PLAIN',
    'sasl.username=$ConnectionString',
    `sasl.password=${password ?? connectionString}`,
    'auto.offset.reset=earliest',
  ]
  return {
    access: ['-b', address, ...settings.flatMap((setting) => ['-X', setting])],
    [Symbol.asyncDispose]: () => serving[Symbol.asyncDispose](),
  }
}

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .toSorted()
}

const kcat = await findKcat()

describe('librdkafka and the Kafka endpoint of the stand-in for Event Hubs', () => {
  withPeer('kcat', kcat?.command, () => {
    const peer = kcat as Kcat

    test.for(['none', 'gzip'])(
      'records with the compression %s come back',
      { timeout: limitMs },
      async (compression) => {
        await using hub = await startHub()
        const produce = ['-P', '-t', 'flows', '-p', '1', '-K', ':', '-z', compression, '-H', 'a=b']
        await runKcat(peer, [...hub.access, ...produce], 'k1:one\nk2:zwölf\n')

        const printed = await runKcat(peer, [
          ...hub.access,
          '-C',
          '-t',
          'flows',
          '-o',
          'beginning',
          '-e',
          '-q',
          ...format,
        ])

        expect(linesOf(printed)).toEqual(['1 0 k1 one a=b', '1 1 k2 zwölf a=b'])
      },
    )

    test(
      'a group goes on where it was',
      async () => {
        await using hub = await startHub()
        const read = ['-G', 'readers', '-e', '-q', ...format, 'flows']
        const send = (text: string): Promise<string> =>
          runKcat(peer, [...hub.access, '-P', '-t', 'flows', '-p', '0', '-K', ':'], text)

        await send('k:one\nk:two\n')
        const first = await runKcat(peer, [...hub.access, ...read])
        await send('k:three\n')
        const second = await runKcat(peer, [...hub.access, ...read])

        expect(linesOf(first)).toEqual(['0 0 k one', '0 1 k two'])
        expect(linesOf(second)).toEqual(['0 2 k three'])
      },
      limitMs,
    )

    test(
      'a wrong connection string is refused',
      async () => {
        await using hub = await startHub('Endpoint=sb://x/;SharedAccessKeyName=a;SharedAccessKey=b')

        const attempt = runKcat(peer, [...hub.access, '-L', '-m', '5'])

        await expect(attempt).rejects.toThrow('Authentication failed')
      },
      limitMs,
    )
  })
})
