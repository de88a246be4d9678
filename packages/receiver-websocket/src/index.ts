export { profiles } from './profiles.ts'
export { type WebSocketReceiver, websocketReceiver } from './receiver/receiver.ts'
