import { expect, test } from 'vitest'

import { type RunningProcess, startProcess, type StartProcessOptions } from './process.ts'

const forever = 'setInterval(() => {}, 1000);'

const runScript = (script: string, options: Partial<StartProcessOptions> = {}): Promise<RunningProcess> =>
  startProcess({ command: process.execPath, args: ['-e', script], ready: /^ready/, ...options })

test('is ready when the line has come, and hands over what the line says', async () => {
  await using child = await runScript(`console.log('hello'); console.log('ready on 4711'); ${forever}`, {
    ready: /^ready on (?<port>\d+)$/,
  })

  expect(child.ready.groups).toEqual({ port: '4711' })
  expect(child.stdout()).toBe('hello\nready on 4711\n')
  expect(child.pid).toBeGreaterThan(0)
})

test('looks for the ready line on the named stream only', async () => {
  const script = `console.log('ready out'); console.error('ready err'); ${forever}`
  await using child = await runScript(script, { readyOn: 'stderr' })

  expect(child.ready.input).toBe('ready err')
  expect(child.stderr()).toBe('ready err\n')
})

test('lays env over the environment and takes variables away', async () => {
  const script = `console.log('ready', process.env.ADDED, process.env.PATH, 'HOME' in process.env); ${forever}`
  await using child = await runScript(script, { env: { ADDED: 'yes', HOME: undefined } })

  expect(child.ready.input).toBe(`ready yes ${process.env['PATH']} false`)
})

test('says that a command cannot be started', async () => {
  const starting = startProcess({ command: 'no-such-command', ready: /./ })

  await expect(starting).rejects.toThrow('no-such-command cannot be started.')
})

test('shows the output of a process that ends before it is ready', async () => {
  const starting = runScript(`console.error('no port left'); process.exit(3)`)

  await expect(starting).rejects.toThrow(/ended with code 3 before .*\nno port left\n$/)
})

test('kills a process that is not ready in time', async () => {
  const { promise: message, resolve } = Promise.withResolvers<string>()
  await runScript(`console.log('pid', process.pid, 'ends'); ${forever}`, { timeoutMs: 1000 }).catch(
    (error: Error) => resolve(error.message),
  )

  expect(await message).toContain('took longer than 1000 ms')
  const pid = Number(/pid (\d+) ends/.exec(await message)?.[1])
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test('waits for a line that comes later', async () => {
  const script = `process.on('SIGHUP', () => console.error('reloaded')); console.log('ready'); ${forever}`
  await using child = await runScript(script)

  child.signal('SIGHUP')

  expect((await child.waitForLine(/reload/, { on: 'stderr' })).input).toBe('reloaded')
})

test('stops waiting for a line when the process ends', async () => {
  const child = await runScript(`console.log('ready'); process.stdout.write('last words')`)

  await expect(child.waitForLine(/never/)).rejects.toThrow('ended with code 0 before')
  expect(child.stdout()).toBe('ready\nlast words\n')
})

test('stops a process by SIGTERM and says how it ended', async () => {
  const script = `process.on('SIGTERM', () => { console.log('bye'); process.exitCode = 7; process.exit() });`
  const child = await runScript(`${script} console.log('ready'); ${forever}`)

  expect(await child.stop()).toEqual({ code: 7, signal: null })
  expect(child.stdout()).toBe('ready\nbye\n')
  expect(await child.stop()).toEqual(await child.exited)
})

test('kills at once when asked to', async () => {
  const child = await runScript(`process.on('SIGTERM', () => {}); console.log('ready'); ${forever}`)

  expect(await child.stop({ signal: 'SIGKILL' })).toEqual({ code: null, signal: 'SIGKILL' })
})

test('kills a process that ignores the request to stop, and reports it', async () => {
  const child = await runScript(`process.on('SIGTERM', () => {}); console.log('ready'); ${forever}`)

  await expect(child.stop({ timeoutMs: 100 })).rejects.toThrow('had not left 100 ms after SIGTERM')
  expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' })
})
