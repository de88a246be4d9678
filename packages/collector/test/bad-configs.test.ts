import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { describe, expect, it, test } from 'vitest'

import {
  compare,
  type Comparison,
  declarationOf,
  type Fault,
  isAdvised,
  isPlaced,
  printedFaults,
} from './expected-faults.ts'
import { runCommand, runMain } from './run-spanloom.ts'

const folder = fileURLToPath(new URL('./bad-configs/', import.meta.url))
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
const env = { BAD_CONFIGS: folder }

/** Filled by the tests of the single files, which run before the one that counts. */
const comparisons = new Map<string, Comparison>()

describe.each(files)('%s', (file) => {
  const declaration = declarationOf(folder, file)
  const args = ['validate', ...declaration.args, '--config', folder + file]

  it('has exactly the faults that it says it has', async () => {
    const { code, stdout, stderr } = await runMain([...args, '--format', 'json'], env)

    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    for (const secret of declaration.secrets) expect(stdout).not.toContain(secret)
    const comparison = compare(declaration.faults, printedFaults(stdout, folder, file))
    comparisons.set(file, comparison)
    const missing = comparison.pairs.filter(({ told }) => told === undefined).map(({ declared }) => declared)
    expect({ missing, extra: comparison.extra }).toEqual({ missing: [], extra: [] })
  })

  it('shows them to people with place and frame, and ends with 1', async () => {
    const { code, stdout, stderr } = await runMain(args, env)

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    for (const secret of declaration.secrets) expect(stderr).not.toContain(secret)
    const told = (comparisons.get(file)?.pairs ?? []).flatMap((pair) => pair.told ?? [])
    for (const { message } of told) expect(stderr).toContain(message)
    for (const fault of told.filter(({ place }) => /^\d/.test(place))) {
      expect(stderr).toContain(`${file}:${fault.place}: `)
      expect(stderr).toMatch(frameOf(fault, declaration.lines))
    }
    expect(stderr.match(/^Error: /gm)).toHaveLength(1)
    expect(stderr).not.toMatch(/^ +at |Usage:/m)
  })
})

test('every fault is found, and nearly all are told with their place and how to mend them', () => {
  const pairs = [...comparisons.values()].flatMap((comparison) => comparison.pairs)
  const found = pairs.filter(({ told }) => told !== undefined).length
  const placed = pairs.filter(isPlaced).length
  const advised = pairs.filter(isAdvised).length
  const share = (count: number): string => `${count} (${((100 * count) / pairs.length).toFixed(1)} %)`
  // The figures are what this test is for; nobody sees them otherwise.
  // oxlint-disable-next-line no-console
  console.log(
    `${files.length} broken configurations, ${pairs.length} faults: found ${share(found)}, with the right line and column ${share(placed)}, with a right suggestion ${share(advised)}`,
  )

  expect(files.length).toBeGreaterThanOrEqual(50)
  expect(pairs.length).toBeGreaterThan(200)
  expect(found).toBe(pairs.length)
  expect(placed / pairs.length).toBeGreaterThanOrEqual(0.95)
  expect(advised / pairs.length).toBeGreaterThanOrEqual(0.8)
})

test('the command itself tells of them, too', async () => {
  const { code, stdout, stderr } = await runCommand(['validate', '--config', `${folder}10-three-faults.yaml`])

  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain('Did you mean "keepalive"?')
  expect(stderr).toContain('Error: invalid configuration: 3 faults')
}, 30_000)

test('a certificate that is missing is a warning where a file is only checked, and an error at a start', async () => {
  const yaml = `receivers: { otlp: { protocols: { http: { endpoint: '127.0.0.1:0', tls: { cert_file: gone.crt, key_file: gone.key } } } } }
exporters: { nop: }
service: { pipelines: { traces: { receivers: [otlp], exporters: [nop] } } }`
  const missing = 'unable to read the file gone.crt: no such file or directory'

  expect(await runMain(['validate', '--config', `yaml:${yaml}`])).toMatchObject({
    code: 0,
    stderr: expect.stringContaining(missing),
  })
  for (const args of [['validate', '--strict-files'], ['run']])
    expect(await runMain([...args, '--config', `yaml:${yaml}`])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/yaml::1:86: .*gone\.crt[^]*Error: invalid configuration: 2 faults/),
    })
})

/** The faulty line, at least up to its value, which may be a secret, and carets below it. */
function frameOf({ place }: Fault, lines: readonly string[]): RegExp {
  const line = Number.parseInt(place, 10)
  const shown = (lines[line - 1] ?? '').replace(/:.*/, ':').replaceAll('\t', ' ')
  const text = shown.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(String.raw`^ +${line} \| ${text}.*\n +\| +\^+`, 'm')
}
