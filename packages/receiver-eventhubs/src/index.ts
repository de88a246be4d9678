export { azureEventHubReceiver } from './azure-event-hub-receiver.ts'
