export { otlpReceiver } from './receiver.ts'
export type { OtlpReceiver } from './receiver.ts'
