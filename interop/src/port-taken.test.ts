import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { text } from 'node:stream/consumers'

import { afterEach, beforeEach, expect, test } from 'vitest'

import { overGrpc, overHttp, pipelines } from './pipelines.ts'
import { spanloomArguments } from './spanloom.ts'
import { type TemporaryFolder, temporaryFolder } from './trace-files.ts'

let resources: AsyncDisposableStack
let folder: TemporaryFolder
let taken: string

beforeEach(async () => {
  resources = new AsyncDisposableStack()
  folder = resources.use(temporaryFolder())
  const server = resources.use(createServer())
  taken = await listen(server)
})
afterEach(() => resources.disposeAsync())

test.each([
  ['otlp', overHttp],
  ['otlp/grpc', overGrpc],
  ['invictus/flows', (endpoint: string) => ({ http: { endpoint } })],
])('a port that is taken ends the command with 1 and one line about %s', async (id, settings) => {
  const config = pipelines({
    all: { from: { 'otlp/other': overHttp(), [id]: settings(taken) }, to: { file: { path: 'out.json' } } },
  })

  const { code, stderr } = await run(config)

  expect(code).toBe(1)
  const last = stderr.trimEnd().split('\n').at(-1) ?? ''
  expect(last).toMatch(/^Error: failed to start "/)
  expect(last).toContain(`"${id}" receiver`)
  expect(last).toContain(`${taken}: address already in use`)
  expect(stderr).not.toContain('Everything is ready')
  expect(stderr).not.toContain('    at ')
})

async function listen(server: Server): Promise<string> {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  return `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}

/** Runs the command to its end. */
async function run(config: object): Promise<{ readonly code: unknown; readonly stderr: string }> {
  const args = await spanloomArguments({ dir: folder.path, config })
  const child = spawn(process.execPath, args, { cwd: folder.path, stdio: ['ignore', 'ignore', 'pipe'] })
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  return { code, stderr }
}
