export { profiles } from './profiles.ts'
export { type OrchestReceiver, orchestReceiver } from './receiver.ts'
