import {
  createRegistry,
  type AnyFactory,
  type ComponentKind,
  type Registry,
  type RegistryEntry,
  type Stability,
} from '@spanloom/core'

import { buildInfo } from './build-info.ts'

const admin = () => import('@spanloom/extension-admin')
const auth = () => import('@spanloom/extension-auth')
const cloudEvents = () => import('@spanloom/receiver-cloudevents')
const cloudEventsLinks = () => import('@spanloom/processor-cloudevents')
const eventHubReceivers = () => import('@spanloom/receiver-eventhubs')
const eventHubExporters = () => import('@spanloom/exporter-eventhubs')
const file = () => import('@spanloom/exporter-file')
const fileReceivers = () => import('@spanloom/receiver-file')
const forward = () => import('@spanloom/connector-forward')
const valueStream = () => import('@spanloom/connector-valuestream')
const health = () => import('@spanloom/extension-health')
const invictus = () => import('@spanloom/receiver-invictus')
const invictusProfiles = () => import('@spanloom/receiver-invictus/profiles')
const localEventHubs = () => import('@spanloom/receiver-eventhubs/local')
const nop = () => import('@spanloom/nop')
const orchest = () => import('@spanloom/receiver-orchest')
const orchestProfiles = () => import('@spanloom/receiver-orchest/profiles')
const otlp = () => import('@spanloom/receiver-otlp')
const otlpExporters = () => import('@spanloom/exporter-otlp')
const assembly = () => import('@spanloom/processor-assembly')
const redaction = () => import('@spanloom/processor-standard/redaction')
const standard = () => import('@spanloom/processor-standard')
const storage = () => import('@spanloom/extension-storage')
const websocket = () => import('@spanloom/receiver-websocket')
const websocketProfiles = () => import('@spanloom/receiver-websocket/profiles')
const valuestreamReceiver = () => import('@spanloom/receiver-valuestream')
const valuestreamProfiles = () => import('@spanloom/receiver-valuestream/profiles')
const webhook = () => import('@spanloom/exporter-webhook')

/**
 * The components that the `spanloom` command knows. Listing them loads none of their code: that happens
 * when a configuration names one.
 */
export const defaultRegistry: Registry = createRegistry([
  entry(
    'receiver',
    'azure_event_hub',
    'beta',
    'receiver-eventhubs',
    async () => (await eventHubReceivers()).azureEventHubReceiver,
    { aliases: ['azureeventhub'] },
  ),
  entry(
    'receiver',
    'cloudevents',
    'beta',
    'receiver-cloudevents',
    async () => (await cloudEvents()).cloudEventsReceiver,
  ),
  entry('receiver', 'file', 'beta', 'receiver-file', async () => (await fileReceivers()).fileReceiver),
  entry(
    'receiver',
    'invictus',
    'beta',
    'receiver-invictus',
    async () => (await invictus()).invictusReceiver,
    {
      profiles: async () => (await invictusProfiles()).profiles,
    },
  ),
  entry('receiver', 'nop', 'stable', 'nop', async () => (await nop()).nopReceiver),
  entry('receiver', 'orchest', 'beta', 'receiver-orchest', async () => (await orchest()).orchestReceiver, {
    profiles: async () => (await orchestProfiles()).profiles,
  }),
  entry('receiver', 'otlp', 'beta', 'receiver-otlp', async () => (await otlp()).otlpReceiver),
  entry(
    'receiver',
    'otlp_json_file',
    'beta',
    'receiver-file',
    async () => (await fileReceivers()).otlpJsonFileReceiver,
  ),
  entry(
    'receiver',
    'valuestream',
    'beta',
    'receiver-valuestream',
    async () => (await valuestreamReceiver()).valuestreamReceiver,
    {
      profiles: async () => (await valuestreamProfiles()).profiles,
    },
  ),
  entry(
    'receiver',
    'websocket',
    'beta',
    'receiver-websocket',
    async () => (await websocket()).websocketReceiver,
    {
      profiles: async () => (await websocketProfiles()).profiles,
    },
  ),

  entry(
    'processor',
    'attributes',
    'beta',
    'processor-standard',
    async () => (await standard()).attributesProcessor,
  ),
  entry('processor', 'batch', 'beta', 'processor-standard', async () => (await standard()).batchProcessor),
  entry(
    'processor',
    'cloudevents',
    'beta',
    'processor-cloudevents',
    async () => (await cloudEventsLinks()).cloudEventsProcessor,
  ),
  entry('processor', 'filter', 'beta', 'processor-standard', async () => (await standard()).filterProcessor),
  entry(
    'processor',
    'memory_limiter',
    'beta',
    'processor-standard',
    async () => (await standard()).memoryLimiterProcessor,
  ),
  entry(
    'processor',
    'probabilistic_sampler',
    'beta',
    'processor-standard',
    async () => (await standard()).probabilisticSamplerProcessor,
  ),
  entry(
    'processor',
    'redaction',
    'beta',
    'processor-standard',
    async () => (await redaction()).redactionProcessor,
  ),
  entry(
    'processor',
    'resource',
    'beta',
    'processor-standard',
    async () => (await standard()).resourceProcessor,
  ),
  entry(
    'processor',
    'span_assembly',
    'beta',
    'processor-assembly',
    async () => (await assembly()).spanAssemblyProcessor,
  ),

  entry(
    'exporter',
    'azure_event_hub',
    'beta',
    'exporter-eventhubs',
    async () => (await eventHubExporters()).azureEventHubExporter,
  ),
  entry('exporter', 'debug', 'beta', 'exporter-file', async () => (await file()).debugExporter),
  entry('exporter', 'file', 'beta', 'exporter-file', async () => (await file()).fileExporter),
  entry('exporter', 'nop', 'stable', 'nop', async () => (await nop()).nopExporter),
  entry(
    'exporter',
    'otlp_grpc',
    'beta',
    'exporter-otlp',
    async () => (await otlpExporters()).otlpGrpcExporter,
    {
      aliases: ['otlp'],
    },
  ),
  entry(
    'exporter',
    'otlp_http',
    'beta',
    'exporter-otlp',
    async () => (await otlpExporters()).otlpHttpExporter,
    {
      aliases: ['otlphttp'],
    },
  ),
  entry('exporter', 'webhook', 'beta', 'exporter-webhook', async () => (await webhook()).webhookExporter),

  entry('connector', 'forward', 'beta', 'connector-forward', async () => (await forward()).forwardConnector),
  entry(
    'connector',
    'value_stream',
    'beta',
    'connector-valuestream',
    async () => (await valueStream()).valueStreamConnector,
  ),

  entry('extension', 'admin', 'beta', 'extension-admin', async () => (await admin()).adminExtension, {
    aliases: ['zpages'],
  }),
  entry('extension', 'basicauth', 'beta', 'extension-auth', async () => (await auth()).basicAuthExtension),
  entry(
    'extension',
    'bearertokenauth',
    'beta',
    'extension-auth',
    async () => (await auth()).bearerTokenAuthExtension,
  ),
  entry(
    'extension',
    'file_storage',
    'beta',
    'extension-storage',
    async () => (await storage()).fileStorageExtension,
  ),
  entry(
    'extension',
    'health_check',
    'beta',
    'extension-health',
    async () => (await health()).healthCheckExtension,
    {
      aliases: ['healthcheckv2'],
    },
  ),
  entry(
    'extension',
    'local_event_hubs',
    'development',
    'receiver-eventhubs',
    async () => (await localEventHubs()).localEventHubsExtension,
  ),
  entry(
    'extension',
    'memory_limiter',
    'beta',
    'processor-standard',
    async () => (await standard()).memoryLimiterExtension,
  ),
])

/** All packages of the distribution have one version. */
function entry(
  kind: ComponentKind,
  type: string,
  stability: Stability,
  module: string,
  load: () => Promise<AnyFactory>,
  more: Pick<RegistryEntry, 'aliases' | 'profiles'> = {},
): RegistryEntry {
  return { kind, type, stability, module: `@spanloom/${module}`, version: buildInfo.version, load, ...more }
}
