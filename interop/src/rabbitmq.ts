import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { packageFailure, unpackDebian } from './debian-packages.ts'
import { freePort } from './free-port.ts'
import { reportMissing } from './peers.ts'
import { startProcess } from './process.ts'

/** A RabbitMQ that speaks AMQP 1.0. */
export interface Rabbitmq extends AsyncDisposable {
  /** `host:port`; anonymous peers are let in. */
  readonly address: string
}

/** The server and what it needs of Erlang. */
const packages =
  'base asn1 crypto eldap ftp inets mnesia os-mon parsetools public-key runtime-tools snmp ssl syntax-tools tftp tools xmerl'
    .split(' ')
    .map((name) => `erlang-${name}`)
    .concat('libsctp1', 'rabbitmq-server')

/**
 * The folder of a RabbitMQ that was unpacked from the packages of Debian, on first use. Resolves with
 * `undefined` where they are not to be had, and where `SPANLOOM_RABBITMQ` is set but empty.
 */
export async function findRabbitmq(): Promise<string | undefined> {
  if (process.env['SPANLOOM_RABBITMQ'] === '') {
    return reportMissing('rabbitmq', 'SPANLOOM_RABBITMQ is empty, which switches it off.')
  }
  try {
    return await unpackDebian('rabbitmq', packages)
  } catch (error) {
    return reportMissing('rabbitmq', `RabbitMQ cannot be had: ${packageFailure(error)}.`)
  }
}

/** Starts RabbitMQ with all its files in `dir`, which exists and is empty. */
export async function startRabbitmq(root: string, dir: string): Promise<Rabbitmq> {
  await using started = new AsyncDisposableStack()
  const [port, nodePort, namePort] = [await freePort(), await freePort(), await freePort()]
  const erlang = `${root}/usr/lib/erlang`
  const env = {
    HOME: dir,
    LD_LIBRARY_PATH: `${root}/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`,
    PATH: `${dir}/bin:${process.env['PATH'] ?? ''}`,
    ROOTDIR: erlang,
    EMU: 'beam',
    PROGNAME: 'erl',
    ERL_EPMD_PORT: String(namePort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: 'spanloom@localhost',
    RABBITMQ_DIST_PORT: String(nodePort),
    RABBITMQ_CONFIG_FILE: join(dir, 'rabbitmq'),
    RABBITMQ_CONF_ENV_FILE: join(dir, 'none'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, 'enabled_plugins'),
    RABBITMQ_MNESIA_BASE: join(dir, 'mnesia'),
    RABBITMQ_LOG_BASE: join(dir, 'log'),
    RABBITMQ_PID_FILE: join(dir, 'pid'),
  }
  await writeFile(
    join(dir, 'rabbitmq.conf'),
    [`listeners.tcp.1 = 127.0.0.1:${port}`, 'log.console = true', 'amqp1_0.default_user = guest', ''].join(
      '\n',
    ),
  )
  await writeFile(join(dir, 'enabled_plugins'), '[rabbitmq_amqp1_0].\n')
  // The one of Debian knows only the place where it would be installed.
  await mkdir(join(dir, 'bin'))
  await writeFile(
    join(dir, 'bin', 'erl'),
    `#!/bin/sh\nexport BINDIR="$(echo "$ROOTDIR"/erts-*/bin)"\nexec "$BINDIR/erlexec" "$@"\n`,
  )
  await chmod(join(dir, 'bin', 'erl'), 0o755)
  // Erlang would start this one by itself, and leave it behind.
  started.use(
    await startProcess({
      command: 'sh',
      args: ['-c', `exec "${erlang}"/erts-*/bin/epmd -d -port ${namePort}`],
      env,
      ready: /epmd running/,
    }),
  )
  started.use(
    await startProcess({
      command: 'sh',
      args: ['-c', `exec sh "${root}"/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server`],
      cwd: dir,
      env,
      ready: /Server startup complete/,
      timeoutMs: 90_000,
    }),
  )
  const running = started.move()
  return { address: `127.0.0.1:${port}`, [Symbol.asyncDispose]: () => running.disposeAsync() }
}
