import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { describe, expect, it, test } from 'vitest'

import { runCommand, runMain } from './run-spanloom.ts'

const folder = fileURLToPath(new URL('./bad-configs/', import.meta.url))
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))

/** What is wrong with a file. */
interface Fault {
  /** `<line>:<column>`, or `-` where there is no place to point at. */
  readonly place: string
  readonly message: string
  readonly suggestion: string
}

test('there are more than twenty of them, and each says what is wrong with it', () => {
  expect(files.length).toBeGreaterThan(20)
  for (const file of files) expect([file, expectedFaults(file).length > 0]).toEqual([file, true])
})

describe.each(files)('%s', (file) => {
  const path = folder + file
  const args = ['validate', ...argumentsOf(file), '--config', path]
  const expected = expectedFaults(file)

  it('has exactly the faults that it says it has', async () => {
    const { code, stdout, stderr } = await runMain([...args, '--format', 'json'])

    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    const faults = printedFaults(stdout, path)
    expect(faults.map((fault, index) => inWordsOf(expected[index], fault))).toEqual(expected)
  })

  it('shows them to people with place and frame, and ends with 1', async () => {
    const { code, stdout, stderr } = await runCommand(args)

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    const shown = stderr.split(/^(?=\S+\.yaml:\d+:\d+: )/m)
    for (const { place, message, suggestion } of expected) {
      const excerpt = shown.find(
        (text) => text.includes(message) && (place === '-' || text.includes(`:${place}: `)),
      )
      expect(excerpt, `${place} ${message} in\n${stderr}`).toBeDefined()
      expect(excerpt).toContain(suggestion)
      expect(place === '-' || showsFrame(excerpt ?? '', file, place), `frame in\n${excerpt}`).toBe(true)
    }
    expect(stderr.match(/^Error: /gm)).toHaveLength(1)
    expect(stderr).not.toMatch(/^ +at |Usage:/m)
  }, 30_000)
})

function linesOf(file: string): readonly string[] {
  return readFileSync(folder + file, 'utf8').split('\n')
}

/** What a file says is wrong with it: `# fault <line>:<column> <part of the message> | <part of the suggestion>`. */
function expectedFaults(file: string): readonly Fault[] {
  return linesOf(file).flatMap((text) => {
    const [, place, message, suggestion = ''] = /^# fault (\S+) (.+?)(?: \| (.+))?$/.exec(text) ?? []
    return place === undefined || message === undefined ? [] : [{ place, message, suggestion }]
  })
}

/** What `validate --format json` printed; all faults are those of `path`. */
function printedFaults(stdout: string, path: string): readonly Fault[] {
  const faults: readonly (Partial<Fault> & { file?: string; line?: number; column?: number })[] =
    JSON.parse(stdout)
  return faults.map(({ file, line, column, message = '', suggestion = '' }) => {
    expect(file ?? path).toBe(path)
    return { place: line === undefined ? '-' : `${line}:${column}`, message, suggestion }
  })
}

/** The fault with only those parts of its texts that are expected, if they are in there. */
function inWordsOf(expected: Fault | undefined, { place, message, suggestion }: Fault): Fault {
  const part = (words: string | undefined, text: string): string =>
    words !== undefined && text.includes(words) ? words : text
  return {
    place,
    message: part(expected?.message, message),
    suggestion: part(expected?.suggestion, suggestion),
  }
}

/** Whether the faulty line is shown, at least up to its value, which may be a secret, and carets below it. */
function showsFrame(excerpt: string, file: string, place: string): boolean {
  const line = Number.parseInt(place, 10)
  const key = (linesOf(file)[line - 1] ?? '').replace(/:.*/, ':').replaceAll('\t', ' ')
  const shown = excerpt.split('\n')
  const index = shown.findIndex((text) => text.trimStart().startsWith(`${line} | ${key}`))
  return index >= 0 && /^ +\| +\^+$/.test(shown[index + 1] ?? '')
}

function argumentsOf(file: string): readonly string[] {
  const args = linesOf(file).find((text) => text.startsWith('# args '))
  return args === undefined ? [] : args.slice('# args '.length).split(' ')
}
