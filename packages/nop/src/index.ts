export * from './nop-exporter.ts'
export * from './nop-receiver.ts'
