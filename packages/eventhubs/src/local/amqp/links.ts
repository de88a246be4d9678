import type { EventContext, Receiver, Sender } from 'rhea'

import { isPicked, type LinkFilter } from '../faults.ts'
import { firstSequence, parseSelector } from '../log/start-position.ts'
import type { Namespace } from '../namespace.ts'
import { type Address, parseAddress } from './address.ts'
import { answerPutToken, type Grants } from './cbs.ts'
import { type AmqpCondition, condition } from './condition.ts'
import { deliverEvents } from './delivery.ts'
import { takeEvents } from './intake.ts'
import { addressOf, type AmqpMessage, decodeMessage, encodeMessage, internalsOf, textOf } from './library.ts'
import { answerManagement } from './management.ts'
import type { PartitionReader } from './ownership.ts'
import { rawMessage } from './raw-messages.ts'

/** A link to a hub that is open. */
export interface OpenLink {
  readonly place: Required<LinkFilter>
  detach(error: AmqpCondition): void
  /** Frees what the link held, without a word to the peer. */
  forget(): void
}

/** The links of one connection. */
export class Links {
  /** Links to hubs that are open. */
  readonly open: Set<OpenLink> = new Set()
  readonly #namespace: Namespace
  readonly #grants: Grants
  /** Links that carry answers, by the address that requests reply to. */
  readonly #replies = new Map<string, Sender>()

  constructor(namespace: Namespace, grants: Grants) {
    this.#namespace = namespace
    this.#grants = grants
  }

  /** The peer opened a link to send over. */
  onReceiver(link: Receiver): void {
    link.set_source(link.source)
    link.set_target(link.target)
    const address = parseAddress(addressOf(link.target))
    if (address?.kind === 'cbs') {
      this.#serve(link, (request) => answerPutToken(request, this.#grants, this.#namespace))
    } else if (address?.kind === 'management') {
      this.#serve(link, (request) => answerManagement(request, this.#grants, this.#namespace))
    } else if (address?.kind === 'hub') this.#openIntake(link, address)
    else link.close(condition.notFound(addressOf(link.target)))
  }

  /** The peer opened a link to receive over. */
  onSender(link: Sender): void {
    link.set_source(link.source)
    link.set_target(link.target)
    const address = parseAddress(addressOf(link.source))
    if (address?.kind === 'cbs' || address?.kind === 'management') {
      for (const name of [addressOf(link.target), link.name]) this.#replies.set(name, link)
      link.on('sender_close', () => this.#forget(link))
    } else if (address?.kind === 'reader') this.#openReader(link, address)
    else link.close(condition.notFound(addressOf(link.source)))
  }

  /** The connection is gone. */
  close(): void {
    for (const link of this.open) link.forget()
    this.#replies.clear()
  }

  #forget(link: Sender): void {
    for (const [name, known] of this.#replies) if (known === link) this.#replies.delete(name)
  }

  #serve(link: Receiver, respond: (request: AmqpMessage) => AmqpMessage): void {
    link.add_credit(100)
    link.on('message', (context: EventContext) => {
      const request = decodeMessage(rawMessage(context))
      context.delivery?.accept()
      link.add_credit(1)
      const reply = this.#replies.get(textOf(request['reply_to']) ?? '')
      if (reply?.is_open() === true) reply.send(encodeMessage(respond(request)), undefined, 0)
    })
  }

  #openIntake(link: Receiver, address: Address & { kind: 'hub' }): void {
    const hub = this.#namespace.hub(address.hub)
    const partition = address.partition === undefined ? undefined : hub?.partition(address.partition)
    if (hub === undefined) return link.close(condition.notFound(address.hub))
    if (partition === undefined && address.partition !== undefined) {
      return link.close(noPartition(address.partition, hub.partitions.length))
    }
    const place = { hub: hub.name, partition: address.partition ?? '', direction: 'send' } as const
    const refusal = this.#refusal(addressOf(link.target), place)
    if (refusal !== undefined) return link.close(refusal)
    internalsOf(link).local.attach['max_message_size'] = this.#namespace.maxMessageSize
    takeEvents(link, hub, partition, this.#namespace)
    this.#track(link, 'receiver_close', place, () => undefined)
  }

  #openReader(link: Sender, address: Address & { kind: 'reader' }): void {
    const { ownership, clock } = this.#namespace
    const hub = this.#namespace.hub(address.hub)
    if (hub === undefined) return link.close(condition.notFound(address.hub))
    const { group, partition } = address
    if (!hub.consumerGroups.has(group.toLowerCase())) {
      return link.close(condition.notFound(`${hub.name}/ConsumerGroups/${group}`))
    }
    const log = hub.partition(partition)
    if (log === undefined) return link.close(noPartition(partition, hub.partitions.length))
    const place = { hub: hub.name, partition, direction: 'receive' } as const
    const refusal = this.#refusal(addressOf(link.source), place)
    if (refusal !== undefined) return link.close(refusal)
    const selector = selectorOf(link)
    const position = parseSelector(selector)
    if (position === undefined)
      return link.close(condition.invalid(`The filter "${selector}" is not understood.`))
    const reader: PartitionReader = { epoch: epochOf(link), detach: (error) => tracked.detach(error) }
    const refused = ownership.admit(hub.name, group, partition, reader)
    if (refused !== undefined) return link.close(refused)
    // A peer that asks for settled transfers gets them.
    if (link.snd_settle_mode === 1) internalsOf(link).local.attach['snd_settle_mode'] = 1
    const stop = deliverEvents(link, {
      log,
      from: firstSequence(log, position),
      runtimeMetric: wants(link, 'com.microsoft:enable-receiver-runtime-metric'),
      now: () => clock.now(),
    })
    const tracked = this.#track(link, 'sender_close', place, () => {
      stop()
      ownership.leave(hub.name, group, partition, reader)
    })
  }

  #refusal(address: string, place: Required<LinkFilter>): AmqpCondition | undefined {
    const { faults, clock } = this.#namespace
    const fault = faults.links.take(({ filter }) => isPicked(filter, place))
    if (fault !== undefined) return fault.error
    return this.#grants.admits(address, clock.now()) ? undefined : condition.unauthorized(address)
  }

  /** Keeps a link among the open ones until either side closes it. */
  #track(
    link: Receiver | Sender,
    closed: string,
    place: Required<LinkFilter>,
    release: () => void,
  ): OpenLink {
    const forget = (): void => {
      if (this.open.delete(tracked)) release()
    }
    const tracked: OpenLink = {
      place,
      forget,
      detach(error) {
        forget()
        link.close(error)
      },
    }
    this.open.add(tracked)
    link.on(closed, forget)
    return tracked
  }
}

function noPartition(partition: string, count: number): AmqpCondition {
  return {
    condition: 'com.microsoft:argument-out-of-range',
    description: `The specified partition '${partition}' is invalid. It should be between 0 and ${count - 1}.`,
  }
}

function selectorOf(link: Sender): string | undefined {
  const filter: unknown = link.source?.filter?.['apache.org:selector-filter:string']
  const value = typeof filter === 'object' && filter !== null && 'value' in filter ? filter.value : filter
  return value === undefined || value === null ? undefined : (textOf(value) ?? '')
}

function epochOf(link: Sender): number | undefined {
  const epoch: unknown = link.properties?.['com.microsoft:epoch']
  return epoch === undefined || epoch === null ? undefined : Number(epoch)
}

function wants(link: Sender, capability: string): boolean {
  const desired: unknown = link.desired_capabilities
  return Array.isArray(desired) ? desired.includes(capability) : desired === capability
}
