import { fakeClock } from '@spanloom/core/testing'
import { expect, it } from 'vitest'

import { errorCode } from './api.ts'
import { ConsumerGroup, type JoinRequest, type JoinResult } from './consumer-group.ts'

const range = { name: 'range', metadata: Buffer.from('range') }
const sticky = { name: 'sticky', metadata: Buffer.from('sticky') }

function request(more: Partial<JoinRequest> = {}): JoinRequest {
  return {
    memberId: '',
    clientId: 'client',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 30_000,
    protocols: [range],
    needsMemberId: false,
    ...more,
  }
}

/** A group of two members that have their assignments. */
async function stableGroup() {
  const clock = fakeClock()
  const group = new ConsumerGroup(clock)
  const joining = [group.join(request()), group.join(request())]
  await clock.advance(100)
  const [leader, follower] = (await Promise.all(joining)) as [JoinResult, JoinResult]
  const assignments = new Map([
    [leader.memberId, Buffer.from('a')],
    [follower.memberId, Buffer.from('b')],
  ])
  const waiting = group.sync(follower.memberId, follower.generation, new Map())
  const first = await group.sync(leader.memberId, leader.generation, assignments)
  return { clock, group, leader, follower, assigned: [first, await waiting] }
}

it('tells the leader who is there, and each member what the leader gave it', async () => {
  const { leader, follower, assigned } = await stableGroup()

  expect(leader).toMatchObject({ error: 0, generation: 1, protocol: 'range', leader: leader.memberId })
  expect(leader.members).toEqual([
    { id: leader.memberId, metadata: range.metadata },
    { id: follower.memberId, metadata: range.metadata },
  ])
  expect(follower).toMatchObject({ error: 0, generation: 1, leader: leader.memberId, members: [] })
  expect(assigned.map(({ assignment }) => assignment.toString())).toEqual(['a', 'b'])
})

it('asks everybody to join again when somebody comes', async () => {
  const { clock, group, leader, follower } = await stableGroup()

  const joining = group.join(request())
  expect(group.heartbeat(leader.memberId, 1)).toBe(errorCode.rebalanceInProgress)
  const rejoining = [leader, follower].map(({ memberId }) => group.join(request({ memberId })))
  await clock.advance(100)

  expect((await joining).generation).toBe(2)
  expect((await Promise.all(rejoining))[0]?.members).toHaveLength(3)
})

it('goes on without a member that is alive and does not join again in time', async () => {
  const { clock, group, leader, follower } = await stableGroup()

  const rejoining = group.join(request({ memberId: leader.memberId }))
  for (let beat = 0; beat < 6; beat += 1) {
    expect(group.heartbeat(follower.memberId, 1)).toBe(errorCode.rebalanceInProgress)
    await clock.advance(5_000)
  }

  expect((await rejoining).members.map(({ id }) => id)).toEqual([leader.memberId])
  expect(group.heartbeat(follower.memberId, 1)).toBe(errorCode.unknownMemberId)
})

it('takes a member that is silent for the length of its session for dead', async () => {
  const { clock, group, leader, follower } = await stableGroup()

  await clock.advance(9_000)
  expect(group.heartbeat(leader.memberId, 1)).toBe(errorCode.none)
  await clock.advance(2_000)

  expect(group.heartbeat(follower.memberId, 1)).toBe(errorCode.unknownMemberId)
  expect(group.heartbeat(leader.memberId, 1)).toBe(errorCode.rebalanceInProgress)
})

it('lets the others go on when a member leaves', async () => {
  const { clock, group, leader, follower } = await stableGroup()

  expect(group.leave(leader.memberId)).toBe(errorCode.none)
  const rejoining = group.join(request({ memberId: follower.memberId }))
  await clock.advance(100)

  expect(await rejoining).toMatchObject({ error: 0, generation: 2, leader: follower.memberId })
})

it('keeps members of an old generation from committing', async () => {
  const { group, leader } = await stableGroup()

  expect(group.mayCommit(leader.memberId, 1)).toBe(errorCode.none)
  expect(group.mayCommit(leader.memberId, 0)).toBe(errorCode.illegalGeneration)
  expect(group.mayCommit('nobody', 1)).toBe(errorCode.unknownMemberId)
  expect(new ConsumerGroup(fakeClock()).mayCommit('', -1)).toBe(errorCode.none)
})

it('agrees on a protocol that all know, and admits nobody who knows none of them', async () => {
  const clock = fakeClock()
  const group = new ConsumerGroup(clock)

  const joining = [
    group.join(request({ protocols: [range, sticky] })),
    group.join(request({ protocols: [sticky] })),
  ]
  const refused = await group.join(request({ protocols: [range] }))
  await clock.advance(100)

  expect(refused.error).toBe(errorCode.inconsistentGroupProtocol)
  expect((await Promise.all(joining)).map(({ protocol }) => protocol)).toEqual(['sticky', 'sticky'])
})

it('gives a new member an id to come back with, where the version asks for it', async () => {
  const clock = fakeClock()
  const group = new ConsumerGroup(clock)

  const first = await group.join(request({ needsMemberId: true }))
  const second = group.join(request({ needsMemberId: true, memberId: first.memberId }))
  await clock.advance(100)

  expect(first).toMatchObject({
    error: errorCode.memberIdRequired,
    memberId: expect.stringContaining('client-'),
  })
  expect(await second).toMatchObject({ error: 0, memberId: first.memberId })
  expect(await group.join(request({ memberId: 'invented' }))).toMatchObject({
    error: errorCode.unknownMemberId,
  })
})

it('leaves no timer behind', async () => {
  const { clock, group } = await stableGroup()

  group.close()

  expect(clock.pending).toBe(0)
})
