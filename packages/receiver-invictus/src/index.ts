export { profiles } from './profiles.ts'
export { type InvictusReceiver, invictusReceiver } from './receiver.ts'
