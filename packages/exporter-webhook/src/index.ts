export { webhookExporter } from './factory.ts'
