import { createRequire } from 'node:module'

import { Span } from '@spanloom/core/traces'
import { describe, expect, it } from 'vitest'

import { createTranslations, defaultTranslationOptions } from '../src/translate.ts'
import { running } from './running.ts'

interface Examples {
  readonly name: string
  readonly examples: readonly Readonly<Record<string, unknown>>[]
}

/** Real payloads of all events that GitHub has. */
const all: readonly Examples[] = createRequire(import.meta.url)('@octokit/webhooks-examples')

/** Actions that begin or end an operation. */
const turnsOf: Readonly<Record<string, ReadonlySet<string>>> = {
  issues: new Set(['opened', 'reopened', 'closed', 'deleted', 'transferred']),
  pull_request: new Set(['opened', 'reopened', 'closed']),
  workflow_run: new Set(['requested', 'completed']),
  workflow_job: new Set(['queued', 'waiting', 'completed']),
  deployment: new Set(['created']),
  check_run: new Set(['created', 'completed']),
  release: new Set(['published']),
}
const endStates: ReadonlySet<unknown> = new Set(['success', 'failure', 'error'])

function isTurn(name: string, example: Readonly<Record<string, unknown>>): boolean {
  const { action, deployment_status: status } = example
  if (name === 'deployment_status')
    return typeof status === 'object' && status !== null && 'state' in status && endStates.has(status.state)
  return typeof action === 'string' && turnsOf[name]?.has(action) === true
}

describe('every example of a GitHub webhook', () => {
  it.each(['full', 'name'])(
    'is answered with 2xx, and gives spans where something begins or ends (%s)',
    async (scope) => {
      const settings = { id_scope: scope, infer_parents: ['closing_keywords', 'jira_keys'] }
      const { post, next } = await running({ github: { check_runs: true, releases: true } }, settings)
      let posted = 0
      const turns = new Set<number>()
      for (const { name, examples } of all)
        for (const example of examples) {
          const before = next.spanCount
          const told = await post('/github', example, { 'x-github-event': name })
          posted += 1

          expect([200, 202]).toContain(told.status)
          expect(next.spanCount > before).toBe(told.status === 200)
          const foreign = name === 'check_run' && JSON.stringify(example).includes('"slug":"github-actions"')
          if (isTurn(name, example) && !foreign) turns.add(told.status)
        }
      expect(posted).toBeGreaterThan(150)
      expect([...turns]).toEqual([200])
      expect(
        next.spans.every((span) => span instanceof Span && span.attribute('spanloom.key') !== undefined),
      ).toBe(true)
    },
  )

  it('gives the same fragments every time', () => {
    const [one, other] = [1, 2].map(() => createTranslations(defaultTranslationOptions).github)
    for (const { name, examples } of all)
      for (const payload of examples) {
        const event = { name, payload }
        const [first, second] = [one, other].map(
          (translate) => translate?.(event, { arrivalTime: 0n }).fragments,
        )
        expect(first).toEqual(second)
      }
  })
})
