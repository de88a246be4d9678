import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { createCollector, loadConfig } from '@spanloom/core'
import { validate } from 'dockerfile-utils'
import { describe, expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'

import { defaultRegistry } from '../src/index.ts'
import { typeFaults } from './docs-check/type-check.ts'
import { temporaryFolder } from './example-run.ts'
import { freePort, readySentence, startCli } from './process.ts'
import { commandFile, runCommand, runMain } from './run-spanloom.ts'

const repository = fileURLToPath(new URL('../../../', import.meta.url))
const folder = join(repository, 'deploy')
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

/** What the command says to arguments that it understands: it gets as far as reading the file that they name. */
const understood = (args: readonly string[]): object => ({
  code: 1,
  stderr: expect.stringContaining(`unable to read the file file:${args.at(-1)}`),
})

describe('Containerfile', () => {
  const instructions = new Map(
    read('Containerfile')
      .split('\n')
      .filter((line) => /^[A-Z]/.test(line))
      .map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const),
  )
  const words = (name: string): readonly string[] =>
    JSON.parse(/\[.*\]$/.exec(instructions.get(name) ?? '')?.[0] ?? '[]')

  test('a linter finds nothing to complain about', () => {
    expect(validate(read('Containerfile'))).toEqual([])
  })

  test('copies what the build makes to where it is started', () => {
    const [source, target] = (instructions.get('COPY') ?? '').split(' ').slice(-2)
    expect(source).toBe(basename(/'build', '(\w+)'/.exec(buildScript)?.[1] ?? ''))
    expect(words('ENTRYPOINT')).toEqual([target])
    expect(words('HEALTHCHECK')[0]).toBe(target)
  })

  test('runs as a user with a number, which Kubernetes can tell from root', () => {
    expect(instructions.get('USER')).toMatch(/^[1-9]\d*:[1-9]\d*$/)
  })

  test('names arguments that exist', async () => {
    expect(await runMain(words('CMD'))).toMatchObject(understood(words('CMD')))
  })

  test('its health check tells a healthy collector from none', async () => {
    const [, verb = '', url = ''] = words('HEALTHCHECK')
    const port = await freePort()
    const ask = (): ReturnType<typeof runCommand> =>
      runCommand([verb, url.replace('13133', String(port)).replace('localhost', '127.0.0.1')])
    await using collector = startCli([
      '--config',
      `yaml:${JSON.stringify({
        receivers: { nop: null },
        exporters: { nop: null },
        extensions: { health_check: { endpoint: `127.0.0.1:${port}` } },
        service: {
          extensions: ['health_check'],
          pipelines: { traces: { receivers: ['nop'], exporters: ['nop'] } },
          telemetry: { metrics: { level: 'none' } },
        },
      })}`,
    ])
    await collector.waitFor(readySentence)
    expect(await ask()).toEqual({ code: 0, stdout: '200 OK\n', stderr: '' })
    collector.signal('SIGTERM')
    expect(await collector.exit).toBe(0)
    const { code, stderr } = await ask()
    expect(code).toBe(1)
    expect(stderr).toMatch(/^Error: no answer from .*ECONNREFUSED/)
  })
})

const buildScript = readFileSync(new URL('../../../scripts/build-binary.mjs', import.meta.url), 'utf8')

test('healthcheck tells what is no address, and what is not healthy', async () => {
  expect((await runMain(['healthcheck', 'localhost:1'])).stderr).toContain('"localhost:1" is no address')
  const { createServer } = await import('node:http')
  const server = createServer((_request, response) => response.writeHead(503).end('no'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`
  expect(await runMain(['healthcheck', url])).toMatchObject({
    code: 1,
    stderr: `Error: ${url} answers 503 Service Unavailable\n`,
  })
  await new Promise((resolve) => server.close(resolve))
})

describe('systemd unit', () => {
  const unit = read('spanloom.service')
  const setting = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? ''
  const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0
  if (!hasSystemd) console.info('There is no systemd-analyze here: the unit is checked without it.')

  test('starts the command with arguments that exist', async () => {
    const args = setting('ExecStart').split(' ').slice(1)
    expect(await runMain(args)).toMatchObject(understood(args))
  })

  test('waits longer than the collector needs to stop', () => {
    expect(Number.parseInt(setting('TimeoutStopSec'), 10)).toBeGreaterThan(30)
  })

  test('allows no privileges, and V8 to compile', () => {
    expect(setting('DynamicUser')).toBe('yes')
    expect(setting('ProtectSystem')).toBe('strict')
    expect(setting('CapabilityBoundingSet')).toBe('')
    expect(unit).not.toMatch(/^MemoryDenyWriteExecute=/m)
  })

  test.runIf(hasSystemd)('systemd finds nothing to complain about', async () => {
    await using work = await temporaryFolder()
    const file = join(work.path, 'spanloom.service')
    // The verifier wants the program to be there.
    await writeFile(file, unit.replaceAll('/usr/bin/spanloom', commandFile))
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
    const rating = execFileSync('systemd-analyze', ['security', '--offline=yes', file], { encoding: 'utf8' })
    expect(Number(/exposure level for \S+ (\d+\.\d+)/.exec(rating)?.[1])).toBeLessThan(2)
  })
})

describe('Kubernetes sidecar', () => {
  const documents = parseAllDocuments(read('kubernetes-sidecar.yaml'), { strict: true, uniqueKeys: true })
  const [map, deployment] = documents.map((document) => document.toJS())
  const pod = deployment.spec.template.spec
  const [sidecar] = pod.initContainers
  const pipeline = parse(map.data['pipeline.yaml'])

  test('is YAML without faults, of kinds that belong together', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([])
    expect([map.kind, deployment.kind]).toEqual(['ConfigMap', 'Deployment'])
    expect(deployment.spec.template.metadata.labels).toEqual(deployment.spec.selector.matchLabels)
    const volumes = new Map(pod.volumes.map((volume: { name: string }) => [volume.name, volume]))
    for (const { name } of sidecar.volumeMounts) expect(volumes.has(name)).toBe(true)
    expect(volumes.get('pipeline')).toMatchObject({ configMap: { name: map.metadata.name } })
  })

  test('has the fields that Kubernetes knows, with values of their types', async () => {
    const typed = documents.map((document, at) => {
      const { apiVersion, kind }: { apiVersion: string; kind: string } = document.toJS()
      const module = `kubernetes-types/${apiVersion.includes('/') ? apiVersion : `core/${apiVersion}`}.d.ts`
      return `import type { ${kind} } from '${module}'\nexport const document${at}: ${kind} = ${JSON.stringify(document)}\n`
    })
    const check = (text: string): ReturnType<typeof typeFaults> =>
      typeFaults(new Map([['sidecar.ts', text]]), repository)

    expect(await check(typed.join(''))).toEqual([])
    expect(await check(typed.join('').replace('"startupProbe"', '"startProbe"'))).toMatchObject([
      { message: expect.stringContaining("startProbe\"' does not exist in type 'Container'") },
    ])
  })

  test('its pipeline can be built', async () => {
    const config = await loadConfig({
      sources: [`yaml:${map.data['pipeline.yaml']}`],
      registry: defaultRegistry,
      env: Object.fromEntries(
        sidecar.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
      ),
      readFile: () => Promise.reject(new Error('The pipeline names no files.')),
      fetch: () => Promise.reject(new Error('The pipeline names no addresses.')),
    })
    expect(config.warnings).toEqual([])
    const collector = await createCollector({
      config,
      build: { command: 'spanloom', version: '0.0.0' },
      buildOnly: true,
    })
    expect((await collector.shutdown(AbortSignal.timeout(1000))).failures).toEqual([])
  })

  test('names arguments, paths and ports that exist', async () => {
    expect(await runMain(sidecar.args)).toMatchObject(understood(sidecar.args))
    const mounts = sidecar.volumeMounts.map((mount: { mountPath: string }) => mount.mountPath)
    expect(mounts).toContain(pipeline.extensions.file_storage.directory)
    expect(`${mounts[0]}/${Object.keys(map.data)[0]}`).toBe(sidecar.args.at(-1))
    const { containerPort, name } = sidecar.ports[0]
    expect(pipeline.extensions.health_check.endpoint).toBe(`0.0.0.0:${containerPort}`)
    for (const probe of ['startupProbe', 'livenessProbe']) expect(sidecar[probe].httpGet.port).toBe(name)
    const [application] = pod.containers
    expect(application.env[0].value).toBe(`http://${pipeline.receivers.otlp.protocols.http.endpoint}`)
  })

  test('has room and time for what the pipeline keeps', () => {
    const limit = Number.parseInt(sidecar.resources.limits.memory, 10)
    expect(pipeline.processors.memory_limiter.limit_mib).toBeLessThan(limit)
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(
      Number.parseInt(pipeline.service.shutdown_timeout, 10),
    )
  })

  test('meets the restricted security standard', () => {
    expect(sidecar.restartPolicy).toBe('Always')
    expect(sidecar.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    })
    expect(pod.securityContext.fsGroup).toBe(sidecar.securityContext.runAsGroup)
  })
})
