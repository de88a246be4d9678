// One command: a provider, an integrator that knows nothing of WebSockets, and spanloom as the sidecar between them.
// Prints one trace for each command, and whether each trace-id came back unchanged. Usage: node run.mjs
import { startSpanloom } from '../start-spanloom.mjs'
import { startIntegrator } from './integrator.mjs'
import { startProvider } from './provider.mjs'

const [providerPort, apiPort, callbackPort] = (process.env.PORTS ?? '7720,7721,7722').split(',').map(Number)

// The traces are to be seen here instead of in a backend, each as a whole.
const shown = {
  processors: { batch: { timeout: '500ms', wait_for_result: false } },
  exporters: { debug: { verbosity: 'tree', use_internal_logger: false } },
  service: { pipelines: { traces: { processors: ['memory_limiter', 'batch'], exporters: ['debug'] } } },
}

const provider = await startProvider(providerPort)
const integrator = await startIntegrator({ port: apiPort, callbackUrl: `http://127.0.0.1:${callbackPort}` })
const spanloom = await startSpanloom({
  config: 'websocket-sidecar.yaml',
  overlay: shown,
  env: {
    SPANLOOM_UPSTREAM_SOCKET: `ws://127.0.0.1:${providerPort}/restaurantEntryPoint`,
    SPANLOOM_UPSTREAM_CALLBACKS: `http://127.0.0.1:${providerPort}`,
    SPANLOOM_LOCAL_API: `http://127.0.0.1:${apiPort}`,
    SPANLOOM_CALLBACK_PROXY: `127.0.0.1:${callbackPort}`,
  },
})

const verdicts = await Promise.race([provider.done, spanloom.ended])
await spanloom.stop()
provider.close()
integrator.close()
for (const { operation, returned, unchanged } of verdicts) {
  console.log(
    `[provider] ${operation}: trace-id ${returned} ${unchanged ? 'came back unchanged' : 'was CHANGED'}`,
  )
}
process.exitCode = verdicts.every(({ unchanged }) => unchanged) ? 0 : 1
