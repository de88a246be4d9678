import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { scripts, shells } from '../src/completion/scripts.ts'
import { temporaryFolder } from './example-run.ts'
import { commandFile, runMain } from './run-spanloom.ts'

/** The words that `spanloom complete` answers with, and what stands for paths. */
async function answer(...words: readonly string[]): Promise<readonly string[]> {
  const { code, stdout, stderr } = await runMain(['complete', '--', ...words])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/\t.*/, ''))
}

describe('what may stand at the cursor', () => {
  it.each<[string, readonly string[], readonly string[]]>([
    ['verbs', ['va'], ['validate', ':none']],
    ['verbs of verbs', ['queue', 'dr'], ['drop', ':none']],
    ['flags of a verb', ['validate', '--str'], ['--strict-env', '--strict-files', ':none']],
    ['flags without a verb, which are those of run', ['--wa'], ['--watch', ':none']],
    ['words of a flag', ['validate', '--format', ''], ['text', 'json', ':none']],
    ['words of a flag behind an equal sign', ['validate', '--format=j'], ['--format=json', ':none']],
    ['the same, cut up as bash does', ['validate', '--format', '=', 'j'], ['json', ':none']],
    ['words of an argument', ['completion', 'b'], ['bash', ':none']],
    ['many words of one flag', ['init', '--from', 'otlp', 'or'], ['orchest', ':none']],
    ['files for a configuration', ['validate', '--config', ''], [':files']],
    ['files for a configuration behind an equal sign', ['validate', '--config='], [':files']],
    ['files for an argument', ['redact', ''], [':files']],
    ['folders', ['queue', 'ls', '--directory', ''], [':directories']],
    ['nothing for free text', ['--set', ''], [':none']],
    ['nothing behind what does not exist', ['bake', '--soft='], [':none']],
  ])('%s', async (_what, words, expected) => {
    expect(await answer(...words)).toEqual(expected)
  })

  it('ids of the configuration that the line names', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'a.yaml')
    writeFileSync(
      file,
      'receivers: { otlp: , invictus/hub: }\nexporters: { file/a: }\nservice: { pipelines: { traces/x: } }\n',
    )

    expect(await answer('queue', 'ls', '--config', file, '--receiver', '')).toEqual([
      'otlp',
      'invictus/hub',
      ':none',
    ])
    expect(await answer('queue', 'ls', `--config=${file}`, '--exporter', 'f')).toEqual(['file/a', ':none'])
    expect(await answer('queue', 'ls', '--config', `${file}.gone`, '--exporter', '')).toEqual([':none'])
  })

  it('says what words mean, one line for each', async () => {
    const { stdout } = await runMain(['complete', '--', ''])

    expect(stdout).toContain('init\tWrite a first pipeline, with comments.')
    expect(stdout).not.toMatch(/^complete\t/m)
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .slice(0, -1)
        .every((line) => /^\S+\t[^\t]+$/.test(line)),
    ).toBe(true)
  })
})

it('prints a script for each shell, and refuses others', async () => {
  for (const shell of shells) expect((await runMain(['completion', shell])).stdout).toBe(scripts[shell])
  expect(await runMain(['completion', 'tcsh'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('Allowed choices are bash'),
  })
})

/** How the words at the end of a line are found in a real shell, with the script evaluated as its users do. */
const inShell: Readonly<Record<string, (line: readonly string[]) => string>> = {
  bash: (line) => `source <(spanloom completion bash)
COMP_WORDS=(${line.map((word) => `'${word}'`).join(' ')}) COMP_CWORD=${line.length - 1}
compopt() { :; }
_spanloom; printf '%s\\n' "\${COMPREPLY[@]}"`,
  zsh: (line) => `compdef() { :; }; source <(spanloom completion zsh)
_describe() { print -l -- "\${(@)\${(P)2}%%:*}"; }
_files() { print -l -- *(N); }
words=(${line.map((word) => `'${word}'`).join(' ')}) CURRENT=${line.length}
_spanloom`,
  fish: (line) =>
    `spanloom completion fish | source; complete -C '${line.join(' ')}' | string replace -r '\\t.*' ''; true`,
}

describe('in real shells', () => {
  const present = Object.keys(inShell).filter((shell) => spawnSync(shell, ['-c', 'true']).status === 0)
  let folder: Awaited<ReturnType<typeof temporaryFolder>>

  beforeAll(async () => {
    folder = await temporaryFolder()
    mkdirSync(join(folder.path, 'bin'))
    const start = `#!/bin/sh\nexec '${process.execPath}' '${commandFile}' "$@"\n`
    writeFileSync(join(folder.path, 'bin', 'spanloom'), start, { mode: 0o755 })
    mkdirSync(join(folder.path, 'work'))
    writeFileSync(join(folder.path, 'work', 'pipeline.yaml'), 'receivers: { otlp/here: }\n')
  })

  afterAll(() => folder[Symbol.asyncDispose]())

  it('there is bash at least', () => {
    // Nothing is skipped silently: the figures show which shells were there.
    // oxlint-disable-next-line no-console
    console.log(`Completion was tried in ${present.join(', ')}; of ${Object.keys(inShell).join(', ')}.`)
    expect(present).toContain('bash')
  })

  it.each(present)('%s completes verbs, words, files and ids', { timeout: 60_000 }, (shell) => {
    const complete = (...line: readonly string[]): readonly string[] =>
      execFileSync(shell, ['-c', inShell[shell]?.(['spanloom', ...line]) ?? ''], {
        cwd: join(folder.path, 'work'),
        env: {
          ...process.env,
          HOME: folder.path,
          PATH: [join(folder.path, 'bin'), process.env['PATH']].join(delimiter),
        },
        encoding: 'utf8',
      })
        .trimEnd()
        .split('\n')

    expect(complete('vali')).toEqual(['validate'])
    expect(complete('print-config', '--mode', 'un')).toEqual(['unredacted'])
    expect(complete('validate', '--config', 'pipe')).toEqual(['pipeline.yaml'])
    expect(complete('queue', 'ls', '--config', 'pipeline.yaml', '--receiver', '')).toEqual(['otlp/here'])
  })
})
