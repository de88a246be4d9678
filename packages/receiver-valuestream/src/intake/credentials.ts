import { createHmac } from 'node:crypto'

import type { UnsignedRequest } from '@spanloom/core'

import type { SourceConfig, SourcesConfig } from './config.ts'

type Headers = Readonly<Record<string, string>>

/** The headers with which a sender proves itself that knows the secrets of the settings. */
export function credentials(sources: SourcesConfig, request: UnsignedRequest): Headers {
  const path = request.path === '/' ? '/' : request.path.replace(/\/$/, '')
  for (const name of names) {
    const config = sources[name]
    if (config === undefined || config.path.replace(/(?<=.)\/$/, '') !== path) continue
    return { ...config.required_headers, ...provers[name](sources, request) }
  }
  return {}
}

const names = ['github', 'gitlab', 'jenkins', 'jira', 'customhttp'] as const

type Prover = (sources: SourcesConfig, request: UnsignedRequest) => Headers

const provers: Readonly<Record<keyof SourcesConfig, Prover>> = {
  github: ({ github }, { body }) => signed(github, 'x-hub-signature-256', body),
  gitlab({ gitlab }, { body, now }) {
    const { signing_token: signing, token } = gitlab ?? {}
    if (signing === undefined) return token === undefined ? {} : { 'x-gitlab-token': token }
    const key = signing.startsWith('whsec_') ? Buffer.from(signing.slice(6), 'base64') : signing
    const [id, timestamp] = ['explained', String(Math.floor(now / 1000))]
    const mac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')
    return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` }
  },
  jenkins: ({ jenkins }) => bearer(jenkins),
  jira: ({ jira }, { body }) => signed(jira, 'x-hub-signature', body),
  customhttp: ({ customhttp }, { body }) =>
    customhttp?.secret === undefined ? bearer(customhttp) : signed(customhttp, 'x-vs-signature', body),
}

function signed(config: SourceConfig | undefined, header: string, body: Uint8Array): Headers {
  if (config?.secret === undefined) return {}
  return { [header]: `sha256=${createHmac('sha256', config.secret).update(body).digest('hex')}` }
}

function bearer(config: SourceConfig | undefined): Headers {
  return config?.token === undefined ? {} : { authorization: `Bearer ${config.token}` }
}
