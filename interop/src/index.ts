export { freePort } from './free-port.ts'
export { findKafka, type KafkaBroker, type KafkaBrokerOptions, startKafkaBroker } from './kafka-broker.ts'
export { startOtelcol, type StartOtelcolOptions } from './otelcol.ts'
export { findOtelcol, type FindOtelcolOptions } from './otelcol-binary.ts'
export { type Peer, peerMissing } from './peers.ts'
export { findProton, type Proton } from './proton.ts'
export {
  type Exit,
  type RunningProcess,
  startProcess,
  type StartProcessOptions,
  type StopOptions,
  type WaitForLineOptions,
} from './process.ts'
export { findRabbitmq, startRabbitmq } from './rabbitmq.ts'
