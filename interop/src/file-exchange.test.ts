import { readFile } from 'node:fs/promises'

import { Traces } from '@spanloom/core/traces'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { freeAddress } from './free-port.ts'
import { findOtelcol } from './otelcol-binary.ts'
import { startOtelcol } from './otelcol.ts'
import { overHttp, pipelines, promptFile } from './pipelines.ts'
import { wholeSpans } from './plain-spans.ts'
import { everyField, everyFieldTraces, oddTraces } from './sample-document.ts'
import { sendJson, sendProtobuf } from './send-traces.ts'
import { addressOf, startSpanloom } from './spanloom.ts'
import { linesOf, temporaryFolder, waitForSpans } from './trace-files.ts'
import { withPeer } from './vitest.ts'

const otelcol = await findOtelcol()

/** The forms in which both file exporters write. */
const forms = [
  { name: 'json', format: 'json', compression: 'none' },
  { name: 'proto', format: 'proto', compression: 'none' },
  { name: 'json-zstd', format: 'json', compression: 'zstd' },
  { name: 'proto-zstd', format: 'proto', compression: 'zstd' },
] as const
const framed = forms.filter(({ name }) => name !== 'json')

const odd = oddTraces(1)
const sent = wholeSpans(Traces.concat([everyFieldTraces, odd]))

describe('files', { timeout: 30_000 }, () => {
  withPeer('otelcol', otelcol, (binary) => {
    const resources = new AsyncDisposableStack()
    const folder = resources.use(temporaryFolder())
    const addresses = new Map<string, string>()

    beforeAll(async () => {
      for (const name of ['input', ...framed.map((form) => form.name)])
        addresses.set(name, await freeAddress())
      const dir = folder.path
      resources.use(await startOtelcol({ binary, dir, config: JSON.stringify(configOfTheirs(addresses)) }))
      const spanloom = resources.use(await startSpanloom({ dir, config: configOfOurs() }))
      for (const address of [addresses.get('input') ?? '', addressOf(spanloom, 'otlp', 'HTTP')]) {
        await sendJson(address, JSON.stringify(everyField))
        await sendProtobuf(address, odd.toProtobuf())
      }
    }, 60_000)

    afterAll(() => resources.disposeAsync())

    test('of ours have every field for the Collector', async () => {
      const read = await waitForSpans(folder.file('theirs-of-ours.json'), sent.length)

      expect(wholeSpans(read)).toEqual(sent)
    })

    test('of ours and of the Collector spell a document as it was sent', async () => {
      await waitForSpans(folder.file('theirs.json'), sent.length)
      const first = async (file: string): Promise<unknown> =>
        JSON.parse((await linesOf(folder.file(file)))[0] ?? '')

      expect(await first('theirs.json')).toEqual(everyField)
      expect(await first('ours.json')).toEqual(everyField)
    })

    test.each(framed)('of ours in the form $name hold messages for the Collector', async (form) => {
      await waitForSpans(folder.file('ours.json'), sent.length)
      const messages = framesOf(await readFile(folder.file(`ours.${form.name}`)))
      const post = form.format === 'json' ? sendJson : sendProtobuf
      const headers = compressed(form)

      expect(messages).toHaveLength(2)
      for (const message of messages)
        expect(await post(addresses.get(form.name) ?? '', message, headers)).toBe(200)

      const read = await waitForSpans(folder.file(`theirs-of-our-${form.name}.json`), sent.length)
      expect(wholeSpans(read)).toEqual(sent)
    })

    test.each(forms)('of the Collector in the form $name have every field for us', async ({ name }) => {
      const read = await waitForSpans(folder.file(`ours-of-their-${name}.json`), sent.length)

      expect(wholeSpans(read)).toEqual(sent)
    })
  })
})

function configOfOurs(): object {
  const writing = {
    from: { otlp: overHttp() },
    to: Object.fromEntries(
      forms.map(({ name, ...form }) => [`file/${name}`, { path: `ours.${name}`, ...form }]),
    ),
  }
  const reading = forms.map(({ name }) => [
    `read-${name}`,
    {
      from: { [`otlp_json_file/${name}`]: { include: [`theirs.${name}`], start_at: 'beginning' } },
      to: { [`file/of-their-${name}`]: { path: `ours-of-their-${name}.json` } },
    },
  ])
  return pipelines({ writing, ...Object.fromEntries(reading) })
}

function configOfTheirs(addresses: ReadonlyMap<string, string>): object {
  const writing = {
    from: { otlp: overHttp(addresses.get('input')) },
    to: Object.fromEntries(
      forms.map(({ name, format, compression }) => [
        `file/${name}`,
        { ...promptFile(`theirs.${name}`), format, ...(compression === 'none' ? {} : { compression }) },
      ]),
    ),
  }
  const reading = {
    from: {
      otlp_json_file: { include: ['ours.json'], start_at: 'beginning', include_file_name: false },
    },
    to: { 'file/of-ours': promptFile('theirs-of-ours.json') },
  }
  const messages = framed.map(({ name }) => [
    `messages-${name}`,
    {
      from: { [`otlp/${name}`]: overHttp(addresses.get(name)) },
      to: { [`file/of-our-${name}`]: promptFile(`theirs-of-our-${name}.json`) },
    },
  ])
  return pipelines({ writing, reading, ...Object.fromEntries(messages) })
}

const compressed = ({ compression }: (typeof forms)[number]): Record<string, string> =>
  compression === 'none' ? {} : { 'content-encoding': compression }

/** Messages of a file in which each stands behind its length, a 4-byte big-endian number. */
function framesOf(file: Buffer): readonly Buffer[] {
  const frames: Buffer[] = []
  for (let start = 0; start < file.length;) {
    const end = start + 4 + file.readUInt32BE(start)
    if (end > file.length) throw new RangeError(`A message of ${end - start - 4} bytes is cut off.`)
    frames.push(file.subarray(start + 4, end))
    start = end
  }
  return frames
}
