import type { IncomingHttpHeaders } from 'node:http'

import { HttpFault, type SourceAnswer } from '@spanloom/core'

import type { CloudEventsConfig } from '../settings.ts'

type WebhookConfig = CloudEventsConfig['webhook']

const methods = { Allow: 'POST, OPTIONS' }

/**
 * Answers the validation handshake of CloudEvents webhooks (`cloudevents.md` section 6). Consent lies in the headers
 * alone. A callback that the sender offers is never called: its URL is chosen by whoever asks.
 *
 * @throws HttpFault 405 where there is no handshake, 403 for an origin that may not send, 400 for a rate that is none
 */
export function answerHandshake(headers: IncomingHttpHeaders, config: WebhookConfig): SourceAnswer {
  const origin = headers['webhook-request-origin']
  if (config.allowed_origins.length === 0 || typeof origin !== 'string') {
    throw new HttpFault(405, 'NO_HANDSHAKE', 'OPTIONS is for webhook validation handshakes only.', {
      headers: methods,
    })
  }
  const allowed = allowedOrigin(origin, config)
  if (allowed === undefined) {
    throw new HttpFault(403, 'ORIGIN_REFUSED', 'This origin may not send events here.')
  }
  return {
    status: 200,
    headers: {
      Allow: 'POST',
      'WebHook-Allowed-Origin': allowed,
      'WebHook-Allowed-Rate': grantedRate(headers['webhook-request-rate'], config.allowed_rate),
    },
    body: '',
  }
}

/** @throws HttpFault 403 when a handshake is required and the request names no origin that may send */
export function checkOrigin(headers: IncomingHttpHeaders, config: WebhookConfig): void {
  if (!config.require_handshake) return
  const origin = headers['webhook-request-origin']
  if (typeof origin === 'string' && allowedOrigin(origin, config) !== undefined) return
  throw new HttpFault(
    403,
    'ORIGIN_REFUSED',
    'The request must name an allowed origin in WebHook-Request-Origin.',
  )
}

/** The origin as it may be repeated, `*` where any may send; undefined for one that may not. */
function allowedOrigin(origin: string, { allowed_origins: allowed }: WebhookConfig): string | undefined {
  if (allowed.includes('*')) return '*'
  const asked = origin.trim()
  return allowed.some((one) => one.toLowerCase() === asked.toLowerCase()) ? asked : undefined
}

function grantedRate(asked: string | string[] | undefined, ceiling: number | '*'): string {
  if (asked === undefined) return String(ceiling)
  const text = String(asked).trim()
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new HttpFault(
      400,
      'RATE_INVALID',
      'WebHook-Request-Rate must be a positive number of requests in a minute.',
    )
  }
  return ceiling === '*' ? '*' : String(Math.min(Number(text), ceiling))
}
