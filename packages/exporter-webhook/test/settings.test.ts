import { ConfigError } from '@spanloom/core'
import { createComponent } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { webhookExporter } from '../src/index.ts'

const endpoint = { name: 'a', url: 'https://hooks.example.test/x', subscriptions: [{ event_type: '**' }] }

function issues(config: unknown): readonly string[] {
  try {
    createComponent(webhookExporter, config)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.issues.map(
      ({ path, message, suggestion = '' }) => `${path.join('.')}: ${message}; ${suggestion}`,
    )
  }
}

it.each([
  [
    { url: 'http://hooks.example.test' },
    'endpoints.0.url: deliveries would travel in the clear; use https://',
  ],
  [{ url: 'ftp://hooks.example.test' }, 'endpoints.0.url: the URL must begin with https://'],
  [{ url: 'https://me:pw@hooks.example.test' }, 'endpoints.0.url: a user or a password'],
  [{ secrets: ['whsec_%'] }, 'endpoints.0.secrets.0: what follows whsec_'],
  [
    { headers: { 'Webhook-Id': '1' } },
    'endpoints.0.headers.Webhook-Id: the header "Webhook-Id" cannot be set',
  ],
  [{ body: 'template' }, 'endpoints.0.body: body: template needs a template'],
  [{ template: { text: 'x' } }, 'endpoints.0.template: the template is not used; set body: template'],
  [
    { body: 'template', template: { text: '{{job}}' } },
    'endpoints.0.template: the placeholder {{job}} means nothing',
  ],
  [{ format: 'orchest', body: 'full' }, 'endpoints.0.body: format: orchest has a body of its own'],
  [
    { subscriptions: [{ event_type: 'project:cron-job:run:faild' }] },
    'endpoints.0.subscriptions.0.event_type: there is no event type "project:cron-job:run:faild"; did you mean "project:cron-job:run:failed"?',
  ],
  [
    { subscriptions: [{ event_type: '**', job_uuid: 'J' }] },
    'endpoints.0.subscriptions.0.job_uuid: a job belongs',
  ],
])('%j is refused', (change, expected) => {
  const found = issues({ endpoints: [{ ...endpoint, ...change }] })
  expect(found).toHaveLength(1)
  expect(found[0]).toContain(expected)
})

it('refuses two endpoints of one name, and networks that are none', () => {
  expect(issues({ endpoints: [endpoint, endpoint], allow_networks: ['10.0.0.0/99'] })).toHaveLength(2)
})

it('accepts loopback without TLS, names of spans and types of the user', () => {
  const subscriptions = [
    { event_type: 'checkout' },
    { event_type: 'shop:order:paid' },
    { event_type: 'shop:*' },
  ]
  expect(
    issues({
      endpoints: [{ ...endpoint, url: 'http://127.0.0.1:9/x', subscriptions }],
      event_types: ['project:step:started'],
    }),
  ).toEqual([])
})
