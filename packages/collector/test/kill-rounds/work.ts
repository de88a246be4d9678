import { type SpanInit, type Traces, TracesBuilder, toOtlpJson } from '@spanloom/core/traces'

import type { Door, Parcel } from './delivery.ts'

/** What has to arrive of one span. */
export interface Expected {
  /** Its span id, or its name where the receiver makes up the ids. */
  readonly identity: string
  readonly name: string
  readonly start: bigint
  readonly end: bigint
  /** Marks that its fragments brought along. */
  readonly marks: readonly string[]
  readonly fragments: number
}

/** Spans that are told in several requests, each of which is sent when the one before was acknowledged. */
export interface Work {
  readonly parcels: Parcel[]
  readonly expected: readonly Expected[]
  readonly fragments: number
}

const origin = 1_767_225_600_000_000_000n
const millisecond = 1_000_000n

/** Makes work out of random numbers. Numbers of spans rise, so that no two works have a span in common. */
export class WorkShop {
  readonly #random: () => number
  #last: number = 0

  constructor(random: () => number) {
    this.#random = random
  }

  next(): Work {
    const dice = this.#random()
    if (dice < 0.5) return this.#halves()
    if (dice < 0.6) return this.#whole()
    if (dice < 0.8) return this.#steps()
    return this.#group()
  }

  /** Spans in up to four fragments, one request for each fragment of all of them. */
  #halves(): Work {
    const numbers = this.#numbers(6)
    const keyed = this.#random() < 0.5
    const [one, other] = this.#random() < 0.8 ? (['start', 'end'] as const) : (['end', 'start'] as const)
    const updates = Array.from({ length: this.#below(3) }, (_, index) => index)
    const tell = (at: 'start' | 'end' | number): Parcel =>
      this.#otlp(numbers.map((number) => fragment(number, at, keyed)))
    return {
      parcels: [tell(one), ...updates.map((index) => tell(index)), tell(other)],
      expected: numbers.map((number) => expectation(number, ['start', 'end', ...updates])),
      fragments: numbers.length * (2 + updates.length),
    }
  }

  /** Spans that are whole from the beginning and pass through. */
  #whole(): Work {
    const numbers = this.#numbers(6)
    const spans = numbers.map((number) => ({ ...fragment(number, 'start', false), endTime: endOf(number) }))
    return {
      parcels: [this.#otlp(spans)],
      expected: numbers.map((number) => expectation(number, ['start'])),
      fragments: numbers.length,
    }
  }

  /** Invictus steps. */
  #steps(): Work {
    const numbers = this.#numbers(6)
    const tell = (status: 'Started' | 'Completed'): Parcel => ({
      door: 'invictus',
      contentType: 'application/json',
      body: Buffer.from(JSON.stringify(numbers.map((number) => stepEvent(number, status)))),
    })
    return {
      parcels: [tell('Started'), tell('Completed')],
      expected: numbers.map((number) => ({
        ...expectation(number, []),
        identity: `step ${number}`,
        marks: [`invictus.data.Started${number}`, `invictus.data.Completed${number}`],
        fragments: 2,
      })),
      fragments: numbers.length * 2,
    }
  }

  /** Spans that one closing end closes: two that it finds open, and one that comes after it. */
  #group(): Work {
    const [first, second, late, closing] = [this.#number(), this.#number(), this.#number(), this.#number()]
    const member = (number: number): SpanInit => {
      const { attributes, ...rest } = fragment(number, 'start', true)
      return { ...rest, attributes: { ...attributes, 'spanloom.group': `group-${closing}` } }
    }
    const end: SpanInit = {
      ...idsOf(closing),
      name: 'closing',
      endTime: endOf(closing),
      attributes: { 'spanloom.key': `group-${closing}`, 'spanloom.close': true },
    }
    const closed = (number: number): Expected => ({
      ...expectation(number, ['start']),
      end: endOf(closing),
      fragments: 2,
    })
    return {
      parcels: [this.#otlp([member(first), member(second)]), this.#otlp([end]), this.#otlp([member(late)])],
      expected: [first, second, late].map((number) => closed(number)),
      fragments: 4,
    }
  }

  #otlp(spans: readonly SpanInit[]): Parcel {
    const builder = new TracesBuilder({ resource: { 'service.name': 'shop' } })
    for (const init of spans) builder.add(init)
    return parcel(builder.build(), this.#random())
  }

  #numbers(most: number): readonly number[] {
    return Array.from({ length: 1 + this.#below(most) }, () => this.#number())
  }

  #number(): number {
    return ++this.#last
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit)
  }
}

function parcel(traces: Traces, dice: number): Parcel {
  const door: Door = dice < 0.4 ? 'otlp_grpc' : 'otlp_http'
  if (dice > 0.7) return { door, contentType: 'application/json', body: Buffer.from(toOtlpJson(traces)) }
  const contentType = door === 'otlp_grpc' ? 'application/grpc' : 'application/x-protobuf'
  return { door, contentType, body: traces.toProtobuf() }
}

const spanIdOf = (number: number): string => number.toString(16).padStart(16, '0')
const startOf = (number: number): bigint => origin + BigInt(number) * millisecond
/** Later than the start of every span that has a number anywhere near. */
const endOf = (number: number): bigint =>
  startOf(number) + 3_600_000n * millisecond + BigInt(number % 977) * 100n

function idsOf(number: number): { readonly traceId: string; readonly spanId: string } {
  const spanId = spanIdOf(number)
  return { traceId: spanId.padStart(32, 'a'), spanId }
}

const markOf = (number: number, at: string | number): string => `mark.${number}.${at}`

function fragment(number: number, at: 'start' | 'end' | number, keyed: boolean): SpanInit {
  const common = {
    ...idsOf(number),
    name: `work ${number}`,
    attributes: { [markOf(number, at)]: true, ...(keyed ? { 'spanloom.key': `key-${number}` } : {}) },
  }
  if (at === 'start') return { ...common, startTime: startOf(number) }
  if (at === 'end') return { ...common, endTime: endOf(number) }
  return { ...common, events: [{ time: startOf(number) + BigInt(at + 1), name: `note ${at}` }] }
}

function expectation(number: number, fragments: readonly (string | number)[]): Expected {
  return {
    identity: spanIdOf(number),
    name: `work ${number}`,
    start: startOf(number),
    end: endOf(number),
    marks: fragments.map((at) => markOf(number, at)),
    fragments: fragments.length,
  }
}

function stepEvent(number: number, status: 'Started' | 'Completed'): object {
  const time = status === 'Started' ? startOf(number) : endOf(number)
  const iso = new Date(Number(time / millisecond)).toISOString().slice(0, -1)
  return {
    Time: `${iso}${String((time % millisecond) / 100n).padStart(4, '0')}Z`,
    ChainId: `chain-${number}`,
    Step: { Id: `step-${number}`, Name: `step ${number}`, Status: status },
    Properties: { Data: { [`${status}${number}`]: 'yes' } },
  }
}
