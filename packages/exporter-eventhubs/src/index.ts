export { azureEventHubExporter } from './azure-event-hub-exporter.ts'
