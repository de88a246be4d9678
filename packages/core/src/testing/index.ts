export * from './create.ts'
export * from './fake-clock.ts'
export * from './telemetry.ts'
export * from './traces-sink.ts'
