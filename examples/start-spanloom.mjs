import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const file = (path) => fileURLToPath(new URL(path, import.meta.url))

/**
 * Starts the collector with a configuration of this repository: from the sources, or from the single-file binary where
 * the variable SPANLOOM_BINARY names one. Resolves when it is ready, and rejects if it ends before.
 */
export async function startSpanloom({ config, overlay = {}, env = {} }) {
  const { SPANLOOM_BINARY: binary } = process.env
  const [command, ...program] = binary
    ? [binary]
    : [process.execPath, file('../packages/collector/src/cli.ts')]
  const args = ['--config', file(`../config/${config}`), '--config', `yaml:${JSON.stringify(overlay)}`]
  const collector = spawn(command, [...program, ...args], {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, SPANLOOM_LOG_LEVEL: 'info', ...env },
  })
  const stopped = new Promise((resolve) => collector.on('exit', resolve))
  let log = ''
  const ended = stopped.then((code) => Promise.reject(new Error(`The collector ended with ${code}.\n${log}`)))
  const ready = async () => {
    for await (const chunk of collector.stderr.iterator({ destroyOnReturn: false })) {
      log += chunk
      if (log.includes('Everything is ready')) return void collector.stderr.resume()
    }
    return ended
  }
  await Promise.race([ready(), ended])
  return {
    /** Rejects if the collector ends by itself. */
    ended,
    stop() {
      collector.kill('SIGTERM')
      return stopped
    },
  }
}
