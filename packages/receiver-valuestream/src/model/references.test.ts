import { describe, expect, it } from 'vitest'

import { closedIssue, findReference, jiraIssue, parseTraceparent } from './references.ts'

const own = ['github.com/acme/my-shop-2', 'my-shop-2']

describe('a reference', () => {
  it.each([
    ['feature/vstrace-github-pull_request-valuestream-1/hi', 'vstrace-github-pull_request-valuestream-1'],
    ['vstrace-github-issue-shop-36-fix-login', 'vstrace-github-issue-shop-36'],
    ['vstrace-github-issue-my_shop.js-36-fix', 'vstrace-github-issue-my_shop.js-36'],
    ['vstrace-github-issue-github.com/acme/shop-36/x', 'vstrace-github-issue-github.com/acme/shop-36'],
    ['vstrace-github-issue-my-shop-2-36-fix-7', 'vstrace-github-issue-my-shop-2-36'],
    [
      'vstrace-github-issue-github.com/acme/my-shop-2-36-x',
      'vstrace-github-issue-github.com/acme/my-shop-2-36',
    ],
    ['vstrace-github-pipeline-shop-123-2-again', 'vstrace-github-pipeline-shop-123-2'],
    ['vstrace-github-pipeline-my-shop-2-123-2-again', 'vstrace-github-pipeline-my-shop-2-123-2'],
    ['vstrace-github-pipeline-shop-123-again', 'vstrace-github-pipeline-shop-123'],
    ['vstrace-github-deploy-shop-release-5', 'vstrace-github-deploy-shop-release-5'],
    ['vstrace-gitlab-job-shop-5-x', 'vstrace-gitlab-job-shop-5'],
    ['vstrace-github-issue-2048-7-x', 'vstrace-github-issue-2048-7'],
    ['vstrace-gitlab-shop-5-x', 'vstrace-gitlab-shop-5'],
    ['vstrace-jiracloud-issue-TP-3-do-it', 'vstrace-jiracloud-issue-TP-3'],
    ['vstrace-jiracloud-sprint-1-x', 'vstrace-jiracloud-sprint-1'],
    ['vstrace-jenkins-build-deploy-it-5', 'vstrace-jenkins-build-deploy-it-5'],
    ['vstrace-customhttp-deploy--7', 'vstrace-customhttp-deploy--7'],
    ['See vstrace-github-issue-shop-36.', 'vstrace-github-issue-shop-36'],
    ['(vstrace-github-issue-shop-36) vstrace-github-issue-shop-37', 'vstrace-github-issue-shop-36'],
    ['vstrace-jenkins-build-shop-/', 'vstrace-jenkins-build-shop'],
  ])('is found in %s', (text, reference) => {
    expect(findReference([text], own)).toBe(reference)
  })

  it.each(['', 'main', 'vstrace-', 'vstrace-github', 'VSTRACE-github-issue-shop-1'])(
    'is not found in %j',
    (text) => {
      expect(findReference([text], own)).toBeUndefined()
    },
  )

  it('is that of the first text that has one', () => {
    expect(findReference([undefined, 'main', 'vstrace-github-issue-a-1', 'vstrace-github-issue-a-2'])).toBe(
      'vstrace-github-issue-a-1',
    )
  })

  it('is found quickly in hostile texts', () => {
    const before = performance.now()
    findReference([`vstrace-a-${'-'.repeat(1e6)}x`, `vstrace-github-issue-${'1a-'.repeat(1e6)}`])
    closedIssue('close'.repeat(1e6))
    jiraIssue(['A'.repeat(1e6)])
    expect(performance.now() - before).toBeLessThan(1_000)
  })
})

it.each([
  ['This closes #12.', '12'],
  ['Fixes: #3', '3'],
  ['resolved #7', '7'],
  ['enclosed #8', undefined],
  ['#9', undefined],
  [undefined, undefined],
])('reads in %s that it closes %s', (text, number) => {
  expect(closedIssue(text)).toBe(number)
})

it.each([
  [['feature/SHOP-12-x', 'OTHER-1'], 'vstrace-jiracloud-issue-SHOP-12'],
  [['main', 'SHOP-12: pay'], 'vstrace-jiracloud-issue-SHOP-12'],
  [['shop-12', 'S-1'], undefined],
])('finds the key of an issue in %j', (texts, reference) => {
  expect(jiraIssue(texts)).toBe(reference)
})

it.each([
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', true],
  ['01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more', true],
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more', false],
  ['ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', false],
  ['00-00000000000000000000000000000000-b7ad6b7169203331-01', false],
  ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', false],
  ['00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01', false],
  [5, false],
])('takes %s for a traceparent: %s', (text, valid) => {
  expect(parseTraceparent(text) !== undefined).toBe(valid)
})
