export { type CloudEventsReceiver, cloudEventsReceiver } from './receiver.ts'
