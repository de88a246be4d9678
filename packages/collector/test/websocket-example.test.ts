import { join } from 'node:path'

import { freePort, startProcess } from '@spanloom/interop'
import { describe, expect, it, vi } from 'vitest'

import { exampleFolder } from './example-run.ts'

vi.setConfig({ testTimeout: 60_000 })

const seed = 'c0a8017f6f2c4d98bd70a35c90f1f01'

async function run(
  script: string,
  ports: number,
): Promise<{ readonly stdout: string; readonly code: number | null }> {
  const free = await Promise.all(Array.from({ length: ports }, () => freePort()))
  await using example = await startProcess({
    command: process.execPath,
    args: [join(exampleFolder, '..', 'examples', 'websocket', script)],
    env: { PORTS: free.join() },
    ready: new RegExp(seed),
  })
  const { code } = await example.exited
  return { code, stdout: example.stdout() }
}

describe('example of WebSocket commands', () => {
  it('goes through the sidecar, and every trace-id comes back unchanged', async () => {
    const { code, stdout } = await run('run.mjs', 3)
    expect(stdout.match(/came back unchanged/g)).toHaveLength(3)
    expect(stdout).toMatch(/^trace 0c0a8017f6f2c4d98bd70a35c90f1f01 3 spans/m)
    expect(stdout).toMatch(/process getBill .*\n(?: {3}[├└]─ POST .*\n){2}/)
    expect(code).toBe(0)
  })

  it('does without the sidecar where the integrator uses the kit', async () => {
    const { code, stdout } = await run('in-process.mjs', 1)
    const lines = stdout.trim().split('\n')
    expect(lines).toHaveLength(6)
    expect(lines.filter((line) => line.includes(`"trace-id":"${seed}"`))).toHaveLength(2)
    expect(code).toBe(0)
  })
})
