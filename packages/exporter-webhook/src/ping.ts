import { randomUUID } from 'node:crypto'

import { createAddressGuard, headerEntries, loadClientTls } from '@spanloom/core'

import { pythonJson } from './body/python-json.ts'
import type { WebhookConfig } from './check-settings.ts'
import { formOf } from './outbox/deliveries.ts'
import { createPoster } from './sending/post.ts'
import { attemptHeaders } from './sending/request-headers.ts'
import { failureOf, wholeReason } from './sending/verdict.ts'

export type { WebhookConfig }

/** What a ping came to. */
export interface PingResult {
  /** Status of the answer, if there was one. */
  readonly status?: number
  /** Why it was no success. */
  readonly failure?: string
  /** Milliseconds until the answer. */
  readonly durationMs: number
}

/** Names of the endpoints of these settings. */
export function endpointNames({ endpoints }: WebhookConfig): readonly string[] {
  return endpoints.map(({ name }) => name)
}

/**
 * Sends one notification of the type `ping`, signed and guarded as all others, but not kept.
 *
 * @throws TypeError when the settings have no such endpoint.
 */
export async function sendPing(all: WebhookConfig, name: string, userAgent: string): Promise<PingResult> {
  const config = all.endpoints.find((endpoint) => endpoint.name === name)
  if (config === undefined) throw new TypeError(`There is no endpoint "${name}".`)
  const { format, secrets, headers, timeout, url } = config
  const poster = createPoster({
    url: new URL(url),
    tls: await loadClientTls(config.tls),
    guard: createAddressGuard(all.allow_networks),
    timeoutMs: timeout,
    connections: 1,
    secrets: [...secrets, ...headerEntries(headers).map(([, value]) => value)],
  })
  const nowMs = Date.now()
  const id = randomUUID()
  const body = Buffer.from(pingText(config, id, nowMs))
  const begun = performance.now()
  try {
    const answer = await poster.post(
      attemptHeaders({
        id,
        eventType: 'ping',
        format,
        contentType: format === 'cloudevents' ? 'application/cloudevents+json' : 'application/json',
        body,
        secrets,
        headers: headerEntries(headers).map(([key, value]) => [key.toLowerCase(), value] as const),
        userAgent,
        nowMs,
      }),
      body,
      new AbortController().signal,
    )
    const durationMs = Math.round(performance.now() - begun)
    if ('reason' in answer) return { failure: wholeReason(answer), durationMs }
    const failure = failureOf(answer, nowMs)
    return {
      status: answer.status,
      durationMs,
      ...(failure === undefined ? {} : { failure: wholeReason(failure) }),
    }
  } finally {
    await poster.close()
  }
}

function pingText(config: WebhookConfig['endpoints'][number], id: string, nowMs: number): string {
  const time = new Date(nowMs).toISOString()
  switch (config.format) {
    case 'standard':
      return JSON.stringify({ type: 'ping', timestamp: time, data: {} })
    case 'cloudevents':
      return JSON.stringify({ specversion: '1.0', id, source: '/spanloom', type: 'ping', time, data: {} })
    case 'orchest': {
      const { name, uuid, verifySsl } = formOf(config).deliveredFor
      return pythonJson({
        delivered_for: {
          name,
          verify_ssl: verifySsl,
          content_type: 'application/json',
          uuid,
          type: 'webhook',
        },
        event: { type: 'ping', uuid: id, timestamp: time.replace('T', ' ').replace('Z', '000+00:00') },
      })
    }
  }
}
