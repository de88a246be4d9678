import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { describe, expect, it } from 'vitest'

import { temporaryFolder } from './example-run.ts'
import { freePort, readySentence } from './process.ts'
import { commandFile, runCommand } from './run-spanloom.ts'

const core = fileURLToPath(new URL('../../core', import.meta.url))
const pathOfCommand = 'node_modules/@spanloom/collector/dist/cli.js'

/** Makes a package with the command and stands in for `npm install`; resolves with its folder. */
async function make(kind: string, cwd: string): Promise<string> {
  const { code, stderr } = await runCommand(['create-plugin', 'acme', '--kind', kind], {}, cwd)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  const folder = join(cwd, `spanloom-${kind}-acme`)
  await mkdir(join(folder, 'node_modules', '@spanloom'), { recursive: true })
  await symlink(core, join(folder, 'node_modules', '@spanloom', 'core'))
  return folder
}

describe('spanloom create-plugin', { timeout: 30_000 }, () => {
  it.each(['receiver', 'processor', 'exporter'])('makes a %s whose pipeline is right', async (kind) => {
    await using work = await temporaryFolder()
    const folder = await make(kind, work.path)

    const outcome = await runCommand(['validate', '--config', 'pipeline.yaml'], {}, folder)

    expect(outcome).toEqual({ code: 0, stdout: '', stderr: '' })
  })

  it('says what comes next', async () => {
    await using work = await temporaryFolder()

    const { stdout } = await runCommand(['create-plugin', 'acme', '--kind', 'receiver'], {}, work.path)

    expect(stdout).toMatch(/^Made spanloom-receiver-acme: \d+ files in spanloom-receiver-acme\n/)
    expect(stdout).toContain('  cd spanloom-receiver-acme\n  npm install\n  npm test\n')
  })

  it.each([
    [[], 'Nobody is there to be asked for a name and --kind. Give all of it, such as: acme --kind receiver'],
    [['acme'], 'Nobody is there to be asked for --kind.'],
    [['--kind', 'receiver'], 'Nobody is there to be asked for a name.'],
    [['acme', '--kind', 'source'], 'Allowed choices are receiver, processor, exporter.'],
    [['Acme', '--kind', 'receiver'], 'How about "acme"?'],
    [['otlp', '--kind', 'receiver'], 'The receiver "otlp" is built in. Choose another name.'],
  ])('%j ends with one sentence and nothing made', async (args, words) => {
    await using work = await temporaryFolder()

    const { code, stdout, stderr } = await runCommand(['create-plugin', ...args], {}, work.path)

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^Error: [^\n]+\n$/)
    expect(stderr).toContain(words)
    expect(await readdir(work.path)).toEqual([])
  })
})

it('the dev script runs the pipeline again when the code changes', { timeout: 60_000 }, async () => {
  await using work = await temporaryFolder()
  const folder = await make('receiver', work.path)
  const port = await freePort()
  await change(join(folder, 'pipeline.yaml'), 'localhost:8080', `localhost:${port}`)
  const { scripts } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const args: readonly string[] = scripts.dev.replace(pathOfCommand, commandFile).split(' ').slice(1)
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { out: '', err: '' }
  child.stdout.on('data', (text) => (said.out += text))
  child.stderr.on('data', (text) => (said.err += text))
  const post = async (): Promise<void> => {
    const body = await readFile(join(folder, 'test', 'fixtures', 'steps.json'))
    await fetch(`http://localhost:${port}/`, { method: 'POST', body })
  }
  try {
    await expect.poll(() => said.err, { timeout: 20_000 }).toContain(readySentence)
    await post()
    await expect.poll(() => said.out).toContain('pick')
    said.err = ''

    await change(join(folder, 'src', 'translate.ts'), 'name: step', 'name: `${step} again`')

    await expect.poll(() => said.err, { timeout: 20_000 }).toContain(readySentence)
    await post()
    await expect.poll(() => said.out).toContain('pick again')
  } finally {
    child.kill('SIGTERM')
    await once(child, 'close')
  }
})

async function change(file: string, text: string, other: string): Promise<void> {
  const before = await readFile(file, 'utf8')
  expect(before).toContain(text)
  await writeFile(file, before.replace(text, other))
}
