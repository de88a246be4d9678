// One command: a provider, an integrator that knows nothing of WebSockets, and spanloom as the sidecar between them.
// Prints one trace for each command, and whether each trace-id came back unchanged. Usage: node run.mjs
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { startIntegrator } from './integrator.mjs'
import { startProvider } from './provider.mjs'

const file = (path) => fileURLToPath(new URL(path, import.meta.url))
const [providerPort, apiPort, callbackPort] = (process.env.PORTS ?? '7720,7721,7722').split(',').map(Number)

const shown = {
  processors: { batch: { timeout: '500ms', wait_for_result: false } },
  exporters: { debug: { verbosity: 'tree', use_internal_logger: false } },
  service: {
    pipelines: { traces: { processors: ['memory_limiter', 'batch'], exporters: ['debug'] } },
    telemetry: { logs: { level: 'error' } },
  },
}

const provider = await startProvider(providerPort)
const integrator = await startIntegrator({ port: apiPort, callbackUrl: `http://127.0.0.1:${callbackPort}` })
const spanloom = spawn(
  process.execPath,
  [
    file('../../packages/collector/src/cli.ts'),
    ...['--config', file('../../config/websocket-sidecar.yaml')],
    // The traces are to be seen here instead of in a backend, each as a whole.
    ...['--config', `yaml:${JSON.stringify(shown)}`],
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      SPANLOOM_UPSTREAM_SOCKET: `ws://127.0.0.1:${providerPort}/restaurantEntryPoint`,
      SPANLOOM_UPSTREAM_CALLBACKS: `http://127.0.0.1:${providerPort}`,
      SPANLOOM_LOCAL_API: `http://127.0.0.1:${apiPort}`,
      SPANLOOM_CALLBACK_PROXY: `127.0.0.1:${callbackPort}`,
    },
  },
)
const stopped = new Promise((resolve) => spanloom.on('exit', resolve))
const ended = stopped.then((code) => Promise.reject(new Error(`The sidecar ended with ${code}.`)))

const verdicts = await Promise.race([provider.done, ended])
spanloom.kill('SIGTERM')
await stopped
provider.close()
integrator.close()
for (const { operation, returned, unchanged } of verdicts) {
  console.log(
    `[provider] ${operation}: trace-id ${returned} ${unchanged ? 'came back unchanged' : 'was CHANGED'}`,
  )
}
process.exitCode = verdicts.every(({ unchanged }) => unchanged) ? 0 : 1
