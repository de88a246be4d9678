// The same without a sidecar: an integrator that speaks WebSocket itself and lets the kit carry the trace-id through
// its asynchronous work, into its log lines and into the callback. Usage: node in-process.mjs
import { createKit } from '@spanloom/websocket-kit'
import { WebSocket } from 'ws'

import { startProvider } from './provider.mjs'

const provider = await startProvider(Number(process.env.PORTS ?? 7723))
const url = `127.0.0.1:${provider.port}`
const kit = createKit({ callback: { url: `http://${url}/callback/{operation}` } })
const log = (message) => console.log(JSON.stringify({ message, ...kit.logFields() }))

const socket = new WebSocket(`ws://${url}/commands`)
kit.wrap(socket, {
  async command({ operation }) {
    log('Command received.')
    await new Promise((resolve) => setTimeout(resolve, 20))
    await kit.callback({ answer: `of ${operation}` })
    log('Answered.')
  },
})

const verdicts = await provider.done
socket.close()
provider.close()
process.exitCode = verdicts.every(({ unchanged }) => unchanged) ? 0 : 1
