export { type Counters, type DropReason } from './counters.ts'
export { type SpanAssembly, spanAssemblyProcessor } from './processor.ts'
