import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

import { withFileLock } from './file-lock.ts'
import { freePort } from './free-port.ts'
import { createKafkaTopic } from './kafka-topic.ts'
import { reportMissing } from './peers.ts'
import { startProcess } from './process.ts'

/** Apache Kafka as the tests want it. */
export interface KafkaBrokerOptions {
  /** Folder of its libraries; see {@link findKafka}. */
  readonly libraries: string
  /** Existing, empty folder for its files. */
  readonly dir: string
  /** Name and password that SASL PLAIN asks for. */
  readonly user: string
  readonly password: string
  /** Certificate and key of its TLS port, in PEM form. */
  readonly tls: { readonly cert: string; readonly key: string }
}

/** A running broker. */
export interface KafkaBroker extends AsyncDisposable {
  /** `localhost:port`, with TLS; proof of identity by PLAIN, or by OAUTHBEARER with an unsigned token. */
  readonly address: string
  /** Makes a topic of four partitions. */
  createTopic(name: string): Promise<void>
  /** Ends the broker at once, as a machine that fails. */
  kill(): Promise<void>
  /** Starts it again with the same files and address. */
  restart(): Promise<void>
}

const version = '3.9.1'
const cacheDir = fileURLToPath(new URL('../../node_modules/.cache/spanloom', import.meta.url))
const downloadLimitMs = 15 * 60_000

/**
 * The folder with the libraries of Apache Kafka, fetched from Maven Central with `mvn` on first use and kept. Resolves
 * with `undefined` where Java or Maven is missing or the download fails, and where `SPANLOOM_KAFKA` is set but empty.
 */
export async function findKafka(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  if (env['SPANLOOM_KAFKA'] === '')
    return reportMissing('kafka', 'SPANLOOM_KAFKA is empty, which switches it off.')
  const java = await run('java', ['-version']).catch(() => undefined)
  if (java === undefined) return reportMissing('kafka', 'Java, which runs Apache Kafka, is not on PATH.')
  const folder = join(cacheDir, `kafka-${version}`)
  try {
    await mkdir(dirname(folder), { recursive: true })
    if (!(await exists(folder)))
      await withFileLock(`${folder}.lock`, AbortSignal.timeout(downloadLimitMs), async () => {
        if (!(await exists(folder))) await download(folder)
      })
    return folder
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    return reportMissing('kafka', `Apache Kafka cannot be fetched: ${reason}`)
  }
}

/** Starts a broker that is its own controller (KRaft), as strict about identity as Event Hubs is. */
export async function startKafkaBroker(options: KafkaBrokerOptions): Promise<KafkaBroker> {
  const { libraries, dir } = options
  const [port, plainPort, controllerPort] = [await freePort(), await freePort(), await freePort()]
  const file = join(dir, 'server.properties')
  await writeFile(file, propertiesOf(options, port, plainPort, controllerPort))
  const java = (main: string, ...args: string[]): string[] => [
    '-Xmx384m',
    '-XX:TieredStopAtLevel=1',
    '-cp',
    join(libraries, '*'),
    main,
    ...args,
  ]
  const clusterId = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url')
  await run('java', java('kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file))
  const start = (): ReturnType<typeof startProcess> =>
    startProcess({
      command: 'java',
      args: java('kafka.Kafka', file),
      cwd: dir,
      ready: /Kafka Server started/,
      timeoutMs: 120_000,
    })
  let running = await start()
  return {
    address: `localhost:${port}`,
    createTopic: (name) => createKafkaTopic(plainPort, name),
    async kill() {
      await running.stop({ signal: 'SIGKILL' })
    },
    async restart() {
      running = await start()
    },
    async [Symbol.asyncDispose]() {
      await running.stop({ signal: 'SIGKILL' })
    },
  }
}

function propertiesOf(
  { dir, user, password, tls }: KafkaBrokerOptions,
  port: number,
  plainPort: number,
  controllerPort: number,
): string {
  const plain = `org.apache.kafka.common.security.plain.PlainLoginModule required user_${user}=${login(password)};`
  const bearer =
    'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";'
  const settings: Readonly<Record<string, string | number>> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: `HUB://127.0.0.1:${port},PLAIN://127.0.0.1:${plainPort},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `HUB://localhost:${port},PLAIN://127.0.0.1:${plainPort}`,
    'listener.security.protocol.map': 'HUB:SASL_SSL,PLAIN:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAIN',
    'listener.name.hub.sasl.enabled.mechanisms': 'PLAIN,OAUTHBEARER',
    'listener.name.hub.plain.sasl.jaas.config': plain,
    'listener.name.hub.oauthbearer.sasl.jaas.config': bearer,
    'listener.name.hub.ssl.keystore.type': 'PEM',
    'listener.name.hub.ssl.keystore.certificate.chain': tls.cert,
    'listener.name.hub.ssl.keystore.key': tls.key,
    'log.dirs': join(dir, 'logs'),
    'num.partitions': 4,
    'auto.create.topics.enable': 'true',
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'message.max.bytes': 1_046_528,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${escaped(String(value))}\n`)
    .join('')
}

/** Text in quotes, as login settings want it. */
const login = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`

/** Values of a properties file may span lines only with a mark at each end. */
const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').trimEnd().replaceAll('\n', '\\n\\\n')

async function download(folder: string): Promise<void> {
  console.info('Fetching Apache Kafka from Maven Central to test against; this happens once.')
  const unfinished = `${folder}.unfinished`
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { recursive: true })
  const pom = join(unfinished, 'pom.xml')
  await writeFile(pom, project)
  const libraries = join(unfinished, 'libs')
  await run('mvn', ['-B', '-q', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${libraries}`])
  await rename(libraries, folder)
  await rm(unfinished, { recursive: true, force: true })
}

const dependency = (group: string, artifact: string, number: string): string =>
  `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${number}</version></dependency>`

const project = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>spanloom</groupId><artifactId>kafka-broker</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${dependency('org.apache.kafka', 'kafka_2.13', version)}${dependency('org.slf4j', 'slf4j-simple', '1.7.36')}</dependencies>
</project>
`

const run = async (command: string, args: readonly string[]): Promise<unknown> =>
  await promisify(execFile)(command, args, { timeout: downloadLimitMs, maxBuffer: 64 * 1024 * 1024 })

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
