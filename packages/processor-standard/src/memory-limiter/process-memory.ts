import os from 'node:os'
import v8 from 'node:v8'
import vm from 'node:vm'

import type { Memory } from './memory-limiter.ts'

/** The memory of this process. A collection blocks the event loop, so the limiter asks for few. */
export const processMemory: Memory = {
  used() {
    const { heapUsed, external } = process.memoryUsage()
    return heapUsed + external
  },
  total() {
    // Without a container limit the value is an absurdly large number.
    const constrained = process.constrainedMemory()
    return constrained > 0 && constrained < os.totalmem() ? constrained : os.totalmem()
  },
  collect() {
    v8.setFlagsFromString('--expose-gc')
    const collect: unknown = vm.runInNewContext('gc')
    if (typeof collect === 'function') collect()
  },
}
