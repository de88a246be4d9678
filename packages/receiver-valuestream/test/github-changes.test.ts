import { describe, expect, it } from 'vitest'

import { closed, created, github, repository, updated } from './github-payloads.ts'
import { type Asked, fragmentOf, nanos, type Payload, reasonOf } from './translation.ts'

const issue = (action: string, more: Payload = {}): Payload => ({
  action,
  repository,
  issue: { number: 12, created_at: created, updated_at: updated, closed_at: null, ...more },
})

describe('an issue', () => {
  it('starts when it was opened', () => {
    expect(fragmentOf('github', issue('opened'), github('issues'))).toMatchObject({
      startTimeUnixNano: nanos(created),
      endTimeUnixNano: '0',
      resource: { 'service.name': 'web-shop' },
    })
  })

  it('ends when it was closed, and tells when it was opened', () => {
    const fragment = fragmentOf('github', issue('closed', { closed_at: closed }), github('issues'))
    expect(fragment).toMatchObject({
      startTimeUnixNano: nanos(created),
      endTimeUnixNano: nanos(closed),
      attributes: { error: false, 'spanloom.assumed': ['start'] },
    })
  })

  it('starts again with a span of its own when it is reopened', () => {
    const first = fragmentOf('github', issue('opened'), github('issues'))
    const again = fragmentOf('github', issue('reopened'), github('issues'))

    expect(again).toMatchObject({
      traceId: first.traceId,
      startTimeUnixNano: nanos(updated),
      attributes: {
        'vs.reopened': true,
        'spanloom.rank': 30,
        'spanloom.key': first.attributes['spanloom.key'],
      },
    })
    expect(again.spanId).not.toBe(first.spanId)
  })

  it.each(['deleted', 'transferred'])('closes when it is %s', (action) => {
    expect(fragmentOf('github', issue(action), github('issues'))).toMatchObject({
      startTimeUnixNano: '0',
      endTimeUnixNano: nanos(updated),
      attributes: { 'vs.end.reason': action, 'spanloom.close': true },
    })
  })

  it('keeps what happens in between as events', () => {
    expect(fragmentOf('github', issue('labeled'), github('issues'))).toMatchObject({
      startTimeUnixNano: '0',
      endTimeUnixNano: '0',
      events: [{ name: 'labeled', timeUnixNano: nanos(updated) }],
    })
  })

  it('has a parent where its text names one', () => {
    const child = fragmentOf(
      'github',
      issue('opened', { body: 'For vstrace-jiracloud-issue-SHOP-1.' }),
      github('issues'),
    )
    expect(child.attributes).toMatchObject({
      'spanloom.parent.key': 'vstrace-jiracloud-issue-SHOP-1',
      'vs.parent.span.id': 'vstrace-jiracloud-issue-SHOP-1',
    })
    expect(child.parentSpanId).not.toBe('')
  })

  it('yields nothing without a time', () => {
    expect(reasonOf('github', issue('opened', { created_at: null }), github('issues'))).toBe('no_time')
  })

  it('has the ids of host, owner and name by default, and the shorter ones as aliases', () => {
    const { attributes } = fragmentOf('github', issue('opened'), {
      name: 'issues',
      options: { idScope: 'full' },
    })
    expect(attributes).toMatchObject({
      'vs.span.id': 'vstrace-github-issue-github.com/acme/Web_Shop-12',
      'spanloom.key': 'vstrace-github-issue-github.com/acme/Web_Shop-12',
      'spanloom.alias': ['vstrace-github-issue-Web_Shop-12', 'vstrace-github-Web_Shop-12'],
    })
  })

  it('is named after its kind and repository where conventions are asked for', () => {
    const asked: Asked = { name: 'issues', options: { spanNaming: 'semconv' } }
    expect(fragmentOf('github', issue('opened'), asked).name).toBe('issue Web_Shop')
  })
})

const pull = (action: string, more: Payload = {}): Payload => ({
  action,
  repository,
  pull_request: {
    id: 900,
    number: 7,
    state: 'open',
    title: 'Pay by card',
    head: { ref: 'cards', sha: 'abc' },
    created_at: created,
    updated_at: updated,
    ...more,
  },
})

describe('a pull request', () => {
  it('ends when it was merged', () => {
    const merged = {
      merged: true,
      merged_at: updated,
      closed_at: closed,
      merge_commit_sha: 'fff',
      state: 'closed',
    }
    expect(fragmentOf('github', pull('closed', merged), github('pull_request'))).toMatchObject({
      endTimeUnixNano: nanos(updated),
      attributes: { 'vcs.change.state': 'merged', 'vs.change.merge_revision': 'fff' },
    })
  })

  it('tells that it is a draft', () => {
    const { attributes } = fragmentOf('github', pull('opened', { draft: true }), github('pull_request'))
    expect(attributes).toMatchObject({
      'vcs.change.state': 'wip',
      'spanloom.alias': ['vstrace-github-pull_request-Web_Shop-7'],
    })
  })

  it.each([
    [
      { head: { ref: 'vstrace-github-issue-Web_Shop-3-x' }, title: 'vstrace-github-issue-a-1' },
      [],
      'github-issue-Web_Shop-3',
    ],
    [{ title: 'vstrace-github-issue-a-1' }, [], 'github-issue-a-1'],
    [{ body: 'Closes #5. See vstrace-github-issue-b-2' }, ['closing_keywords'], 'github-issue-b-2'],
    [{ body: 'Closes #5' }, ['closing_keywords'], 'github-issue-Web_Shop-5'],
    [{ head: { ref: 'SHOP-9-x' } }, ['jira_keys'], 'jiracloud-issue-SHOP-9'],
    [{ head: { ref: 'x' }, title: 'SHOP-8' }, ['jira_keys'], 'jiracloud-issue-SHOP-8'],
    [{ body: 'Closes #5', title: 'SHOP-8' }, [], undefined],
  ] as const)('%j has the parent that %j finds', (more, inferParents, parent) => {
    const { attributes } = fragmentOf('github', pull('opened', more), {
      name: 'pull_request',
      options: { inferParents },
    })
    expect(attributes['spanloom.parent.key']).toBe(parent && `vstrace-${parent}`)
  })

  it('is told of its reviews', () => {
    const review = { ...pull('submitted'), review: { state: 'approved', submitted_at: closed } }
    expect(fragmentOf('github', review, github('pull_request_review'))).toMatchObject({
      attributes: { 'spanloom.key': 'vstrace-github-pull_request-Web_Shop-900' },
      events: [{ name: 'review.approved', timeUnixNano: nanos(closed) }],
    })
  })

  it('keeps people out unless they are asked for', () => {
    const user = { id: 5, login: 'mia', email: 'mia@example.com', url: 'https://api.github.com/users/mia' }
    const plain = fragmentOf('github', pull('opened', { user }), github('pull_request'))
    const personal = fragmentOf('github', pull('opened', { user }), {
      name: 'pull_request',
      options: { includeUserAttributes: true, legacyTags: false },
    })

    expect(JSON.stringify(plain)).not.toMatch(/"mia"|@example/)
    expect(plain.attributes).toMatchObject({ 'user.id': 5 })
    expect(personal.attributes).toMatchObject({
      'user.id': '5',
      'user.name': 'mia',
      'user.email': 'mia@example.com',
    })
  })

  it('goes without the tags of ValueStream where they are not wanted', () => {
    const asked: Asked = { name: 'pull_request', options: { legacyTags: false } }
    const { attributes } = fragmentOf('github', pull('closed', { closed_at: closed }), asked)
    expect(Object.keys(attributes).filter((name) => /^(?:scm|service|error|user)\b/.test(name))).toEqual([])
  })
})

it('names the service as the repository says, or as the settings say', () => {
  const owned = {
    ...issue('opened'),
    repository: { ...repository, custom_properties: { service_name: 'Shop' } },
  }
  const name = (payload: Payload, serviceName?: 'source' | { fixed: string }): unknown =>
    fragmentOf('github', payload, {
      name: 'issues',
      options: serviceName === undefined ? {} : { serviceName },
    }).resource['service.name']

  expect(name(owned)).toBe('shop')
  expect(name(owned, 'source')).toBe('github')
  expect(name(owned, { fixed: 'All' })).toBe('All')
})
