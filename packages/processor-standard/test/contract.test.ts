import { testExtensionContract, testProcessorContract } from '@spanloom/core/testing'

import {
  attributesProcessor,
  batchProcessor,
  filterProcessor,
  memoryLimiterExtension,
  memoryLimiterProcessor,
  probabilisticSamplerProcessor,
  resourceProcessor,
} from '../src/index.ts'
import { redactionProcessor } from '../src/redaction/index.ts'

const limits = { check_interval: '1s', limit_percentage: 90 }
const actions = [{ key: 'region', value: 'eu', action: 'upsert' }]

testProcessorContract(attributesProcessor, { config: { actions } })
testProcessorContract(resourceProcessor, { config: { attributes: actions } })
testProcessorContract(filterProcessor, { config: { drop: [{ name: 'nobody has this name' }] } })
testProcessorContract(memoryLimiterProcessor, { config: limits })
testProcessorContract(probabilisticSamplerProcessor, { config: { sampling_percentage: 70 } })
testProcessorContract(batchProcessor, { config: { timeout: '0s', send_batch_max_size: 8192 } })
testProcessorContract(batchProcessor, {
  config: { timeout: '50ms', wait_for_result: false },
  holds: true,
  runMs: 100,
})
testProcessorContract(redactionProcessor, {
  config: { rules: [{ attribute: '**', action: 'keep' }] },
  redacts: true,
})
testExtensionContract(memoryLimiterExtension, { config: limits })
