export { redactionProcessor } from './redaction.ts'
export {
  type AttributeFate,
  createRedactor,
  type RedactionOptions,
  type Redactor,
  type Watch,
} from './redactor.ts'
export type { RedactionRule } from './rule.ts'
export { type RedactionConfig, redactionOptions } from './settings.ts'
