import { ConfigError, loadConfig, type RegistryEntry } from '@spanloom/core'
import { describe, expect, it, test } from 'vitest'
import { stringify } from 'yaml'

import { defaultRegistry } from '../src/index.ts'

const unknownKey = 'no_such_setting'

/** The component stands first in the file, and the unknown key first in the component. */
const lineOfKey = 3

const connection =
  'Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=c2VjcmV0;EntityPath=hub'

/** Settings without which a component is not valid; all others need none. */
const needed: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'receiver/azure_event_hub': { connection },
  'receiver/cloudevents': { http: {} },
  'receiver/file': { include: ['traces.jsonl'] },
  'receiver/otlp_json_file': { include: ['traces.jsonl'] },
  'receiver/otlp': { protocols: { http: {} } },
  'receiver/invictus': { http: {} },
  'receiver/orchest': { relay: {} },
  'receiver/valuestream': { sources: { github: {} } },
  'receiver/websocket': {
    listen: { endpoint: '127.0.0.1:9200', bearer_token: 'secret' },
    forward: { url: 'http://127.0.0.1:9000/{operation}' },
    callback: { url: 'https://connector.example.test/{operation}' },
  },
  'processor/attributes': { actions: [{ key: 'a', action: 'delete' }] },
  'processor/redaction': { preset: 'orchest-telemetry' },
  'processor/resource': { attributes: [{ key: 'a', action: 'delete' }] },
  'processor/filter': { drop: [{ status: 'OK' }] },
  'processor/memory_limiter': { check_interval: '1s', limit_mib: 100 },
  'exporter/azure_event_hub': { connection },
  'exporter/file': { path: 'traces.jsonl' },
  'exporter/otlp_grpc': { endpoint: 'localhost:4317' },
  'exporter/otlp_http': { endpoint: 'http://localhost:4318' },
  'exporter/webhook': {
    endpoints: [{ name: 'a', url: 'https://hooks.example.test', subscriptions: [{ event_type: '**' }] }],
  },
  'extension/basicauth': { client_auth: { username: 'me', password: 'secret' } },
  'extension/bearertokenauth': { token: 'secret' },
  'extension/local_event_hubs': { hubs: [{ name: 'flows' }] },
  'extension/memory_limiter': { check_interval: '1s', limit_mib: 100 },
}

describe.each(defaultRegistry.entries.map((entry) => [`${entry.kind} ${entry.type}`, entry] as const))(
  '%s',
  (_name, entry) => {
    it('is valid without the unknown key', async () => {
      await expect(loadIssues(entry, {})).resolves.toEqual([])
    })

    it('names a key that it does not know', async () => {
      const [issue, ...others] = await loadIssues(entry, { [unknownKey]: 1 })

      expect(others).toEqual([])
      expect(issue).toMatchObject({ code: 'unknown_key', source: expect.any(String), line: lineOfKey })
      expect(issue?.path.join('::')).toContain(`${entry.kind}s::${entry.type}`)
      expect(issue?.message).toContain(`has invalid keys: ${unknownKey}`)
    })
  },
)

test('every needed setting belongs to a component', () => {
  const known = defaultRegistry.entries.map(({ kind, type }) => `${kind}/${type}`)
  expect(known).toEqual(expect.arrayContaining(Object.keys(needed)))
})

/** A configuration of one component, in a pipeline with components that need no settings. */
function configOf({ kind, type }: RegistryEntry, more: object): Readonly<Record<string, unknown>> {
  const component = { [type]: { ...more, ...needed[`${kind}/${type}`] } }
  const connected = kind === 'connector'
  return {
    [`${kind}s`]: component,
    ...(kind === 'receiver' ? {} : { receivers: { nop: null } }),
    ...(kind === 'exporter' ? {} : { exporters: { nop: null } }),
    service: {
      ...(kind === 'extension' ? { extensions: [type] } : {}),
      pipelines: {
        traces: {
          receivers: [kind === 'receiver' ? type : 'nop'],
          processors: kind === 'processor' ? [type] : [],
          exporters: [kind === 'exporter' || connected ? type : 'nop'],
        },
        ...(connected ? { 'traces/out': { receivers: [type], exporters: ['nop'] } } : {}),
      },
    },
  }
}

async function loadIssues(entry: RegistryEntry, more: object): Promise<ConfigError['issues']> {
  try {
    await loadConfig({
      sources: [`yaml:${stringify(configOf(entry, more))}`],
      registry: defaultRegistry,
      env: {},
      readFile: () => Promise.reject(new Error('There are no files.')),
      fetch: () => Promise.reject(new Error('There is no network.')),
    })
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.issues
    throw error
  }
}
