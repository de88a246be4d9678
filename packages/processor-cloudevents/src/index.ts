export { type CloudEventsProcessor, cloudEventsProcessor } from './processor.ts'
