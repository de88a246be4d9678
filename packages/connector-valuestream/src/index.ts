export { ValueStream, valueStreamConnector } from './connector.ts'
