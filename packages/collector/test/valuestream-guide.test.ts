import { execFile } from 'node:child_process'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { freePort, type RunningProcess, startProcess } from '@spanloom/interop'
import { expect, it } from 'vitest'

import { temporaryFolder } from './example-run.ts'
import { commandFile } from './run-spanloom.ts'

const repository = fileURLToPath(new URL('../../../', import.meta.url))

/** The fenced blocks of one kind, in order. */
const blocksOf = (page: string, kind: string): readonly string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${kind}\\n(.*?)^\`\`\`$`, 'gms'))].map((match) => match[1] ?? '')

it('the commands of the guide do what it says', { timeout: 300_000 }, async () => {
  await using folder = await temporaryFolder()
  const page = await readFile(join(repository, 'docs/guide/value-stream.md'), 'utf8')
  const [readWeek = '', keepWeek = '', scrape = '', run = '', deploy = '', history = '', ...more] = blocksOf(
    page,
    'sh',
  )
  const [tree = '', figures = '', excluded = '', line = '', ...others] = blocksOf(page, 'text')
  expect([more, others]).toEqual([[], []])

  const spanloom = join(folder.path, 'spanloom')
  await writeFile(spanloom, `#!/bin/sh\nexec "${process.execPath}" "${commandFile}" "$@"\n`)
  await chmod(spanloom, 0o700)
  const [http, metrics] = [await freePort(), await freePort()]
  const env = {
    PATH: `${folder.path}${delimiter}${process.env['PATH'] ?? ''}`,
    SPANLOOM_VALUESTREAM_ENDPOINT: `127.0.0.1:${http}`,
    SPANLOOM_METRICS_PORT: String(metrics),
  }
  const here = (text: string): string =>
    text
      .replaceAll('localhost:8888', `localhost:${metrics}`)
      .replaceAll('127.0.0.1:5000', `127.0.0.1:${http}`)
  const shell = (text: string): Promise<string> =>
    new Promise((resolve) => {
      execFile(
        'sh',
        ['-c', here(text)],
        { cwd: repository, env: { ...process.env, ...env } },
        (_, stdout, stderr) => resolve(stdout + stderr),
      )
    })
  const stay = (text: string, ready: RegExp): Promise<RunningProcess> =>
    startProcess({
      command: 'sh',
      args: ['-c', `cd '${repository}' && exec ${text}`],
      env: { ...process.env, ...env },
      ready,
    })

  expect(await shell(readWeek)).toContain(tree)

  {
    await using keeping = await stay(keepWeek, /Ctrl-C ends it/)
    await keeping.waitForLine(/deploy in_progress/, { on: 'stdout' })
    await expect
      .poll(() => shell(scrape), { timeout: 20_000, interval: 500 })
      .toContain(figures.split('\n')[0])
    const scraped = await shell(scrape)
    for (const each of [...figures.trim().split('\n'), excluded.trim()])
      expect(scraped).toContain(`${each}\n`)
    expect(await keeping.stop()).toEqual({ code: 0, signal: null })
  }
  {
    await using running = await stay(run, /Everything is ready/)
    const [start = '', end = ''] = deploy.trim().split('\n')
    for (const command of [start, end]) expect(await shell(command)).toContain('"accepted"')
    await running.waitForLine(/deploy {2}3m00s/, { on: 'stdout' })
    expect(running.stdout()).toContain(line)
    expect(await running.stop()).toEqual({ code: 0, signal: null })
  }
  for (const command of history.trim().split('\n'))
    expect(await shell(`${command} --token-env NO_SUCH_TOKEN`)).toMatch(
      /There is no token for (?:jira|github|gitlab)/,
    )
})
