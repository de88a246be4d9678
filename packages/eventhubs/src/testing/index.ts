export { MemoryPartition } from './memory-partition.ts'
