export { type HealthCheck, healthCheckExtension } from './health-check.ts'
