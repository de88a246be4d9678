import type { SentSpan } from '../outcome.ts'
import type { Place } from '../recorder.ts'
import { type FieldValue, textOf } from '../span-fields.ts'
import { type Trial, type TrialPlan, tryOut } from '../trial.ts'
import { Findings } from './findings.ts'
import { type Input, Inputs, type Source } from './inputs.ts'
import { Places } from './places.ts'

/** Where the value of a field comes from. */
export interface Origin {
  readonly field: string
  readonly value: FieldValue
  /**
   * `copied`: equal to one of the sources. `derived`: made of them. `constant`: nothing that was changed changed it;
   * the component that brought it in says so for every event of this kind.
   */
  readonly how: 'copied' | 'derived' | 'constant'
  readonly sources: readonly Source[]
  /** The component that brought the value in; absent where that cannot be told. */
  readonly place: Place | undefined
}

/** A span that would be sent, with where all its fields come from. */
export interface ExplainedSpan extends SentSpan {
  readonly origins: readonly Origin[]
}

/** What experiments tell. */
export interface Explanation {
  readonly spans: readonly ExplainedSpan[]
  /** What decides whether, and as how many spans, the payloads are taken. */
  readonly deciding: readonly Source[]
  /** Trials that were run. */
  readonly runs: number
  /** Inputs that were not tried because that would have been too many trials. */
  readonly untried: number
}

/** As other settings of the clock show what comes from it: another second, minute, hour and day. */
const clockShiftMs = 90_061_001

/**
 * Finds out where fields come from by experiment: the same trial is run again with one input changed, and the fields
 * that are others then come from that input. Works for any component, as long as it is deterministic.
 */
export async function explain(plan: TrialPlan, trial: Trial, maxRuns: number): Promise<Explanation> {
  const laboratory = new Laboratory(plan, trial, maxRuns)
  return laboratory.explain()
}

class Laboratory {
  readonly #plan: TrialPlan
  readonly #maxRuns: number
  readonly #findings: Findings
  readonly #places: Places
  readonly #inputs: Inputs
  readonly #values: ReadonlyMap<Source, string>
  /** Inputs whose share in the spans is known. */
  readonly #told = new Set<Input>()
  /** Inputs that, changed by themselves, leave no spans that could be compared. */
  readonly #deciders: Input[] = []
  #runs = 0
  #untried = 0

  constructor(plan: TrialPlan, trial: Trial, maxRuns: number) {
    this.#plan = plan
    this.#maxRuns = maxRuns
    this.#findings = new Findings(trial)
    this.#places = new Places(trial)
    this.#inputs = new Inputs(plan)
    this.#values = new Map(this.#inputs.all.map(({ source, value }) => [source, value]))
  }

  async explain(): Promise<Explanation> {
    await this.#tryRandom()
    await this.#tryClock()
    const { all } = this.#inputs
    await this.#tryTogether(all.filter(({ source }) => source.kind !== 'setting'))
    await this.#tryTogether(all.filter(({ source }) => source.kind === 'setting'))
    await this.#tryTwins()
    await this.#tryEquals()
    await this.#tryWords()
    const deciding = this.#deciders.filter((input) => !this.#told.has(input)).map(({ source }) => source)
    return {
      spans: this.#findings.sent.map((sent, number) => ({
        ...sent,
        origins: this.#originsOf(sent, number, deciding),
      })),
      // That there is a path for it, and settings for the path, goes without saying.
      deciding: deciding.filter(({ kind }) => kind === 'payload' || kind === 'header'),
      runs: this.#runs,
      untried: this.#untried,
    }
  }

  async #tryRandom(): Promise<void> {
    const again = await this.#run(this.#plan)
    if (again !== undefined) this.#findings.takeRandom(again)
  }

  async #tryClock(): Promise<void> {
    const { startMs, deliveries } = this.#plan
    const later = await this.#run({
      ...this.#plan,
      startMs: startMs + clockShiftMs,
      deliveries: deliveries.map((delivery) =>
        delivery.at === undefined ? delivery : { ...delivery, at: delivery.at + clockShiftMs },
      ),
    })
    if (later !== undefined) this.#findings.take(later, [{ kind: 'clock' }])
  }

  /** Changes many inputs at once: as long as that changes nothing, none of them matters. */
  async #tryTogether(inputs: readonly Input[]): Promise<void> {
    const [first] = inputs
    if (first === undefined) return
    if (this.#runs >= this.#maxRuns) {
      this.#untried += inputs.length
      return
    }
    if (inputs.length === 1) return this.#tryAlone(first)
    const together = await this.#change(inputs, 0)
    if (together !== undefined && this.#findings.isSame(together)) return
    const middle = Math.ceil(inputs.length / 2)
    await this.#tryTogether(inputs.slice(0, middle))
    await this.#tryTogether(inputs.slice(middle))
  }

  /** Tries the values of an input by itself, until one leaves spans that can be compared. */
  async #tryAlone(input: Input): Promise<void> {
    let matters = false
    for (let choice = 0; choice < input.choices; choice++) {
      const trial = await this.#change([input], choice)
      if (trial === undefined || this.#findings.isSame(trial)) continue
      matters = true
      if (!this.#findings.isComparable(trial)) continue
      this.#findings.take(trial, [input.source])
      this.#told.add(input)
      return
    }
    if (matters) this.#deciders.push(input)
  }

  /**
   * Some inputs cannot be changed by themselves without other spans coming of it, such as the ids that link payloads:
   * they are changed together with all that say the same.
   */
  async #tryTwins(): Promise<void> {
    for (const [value, deciders] of Map.groupBy(this.#deciders, ({ value: own }) => own)) {
      const twins = this.#saying(value)
      const [first] = deciders
      if (first === undefined || twins.length < 2 || value.length < shortestTwin) continue
      for (let choice = 0; choice < first.choices && this.#runs < this.#maxRuns; choice++) {
        const trial = await this.#change(twins, choice)
        if (trial === undefined || this.#findings.isSame(trial) || !this.#findings.isComparable(trial))
          continue
        const sources = deciders.map(({ source }) => source)
        const others = twins.filter((twin) => !deciders.includes(twin)).map(({ source }) => source)
        this.#findings.take(trial, sources, others)
        for (const decider of deciders) this.#told.add(decider)
      }
    }
  }

  /** Where several inputs say the same, changing one of them changes nothing: all of them at once may. */
  async #tryEquals(): Promise<void> {
    const unknown = [...this.#findings.unknown()].filter(({ value }) => textOf(value).length >= shortestTwin)
    for (const [value, fields] of Map.groupBy(unknown, (each) => textOf(each.value))) {
      const equal = this.#saying(value)
      const [first] = equal
      if (first === undefined) continue
      for (let choice = 0; choice < first.choices && this.#runs < this.#maxRuns; choice++) {
        const trial = await this.#change(equal, choice)
        if (trial === undefined || !this.#findings.isComparable(trial)) continue
        const sources = equal.map(({ source }) => source)
        this.#findings.takeFor(trial, fields, sources)
      }
    }
  }

  /** What still comes from nowhere may come from a word that counts only as one of a few, such as an outcome. */
  async #tryWords(): Promise<void> {
    const unknown = [...this.#findings.unknown()]
    if (unknown.length === 0) return
    for (const input of this.#inputs.all) {
      for (let word = 0; word < (input.words ?? 0); word++) {
        if (this.#runs >= this.#maxRuns) {
          this.#untried++
          break
        }
        const trial = await this.#change([input], input.choices + word)
        if (trial === undefined || !this.#findings.isComparable(trial)) continue
        this.#findings.takeFor(trial, unknown, [input.source])
      }
    }
  }

  #saying(value: string): readonly Input[] {
    return this.#inputs.all.filter((input) => input.value === value && input.source.kind !== 'setting')
  }

  #change(inputs: readonly Input[], choice: number): Promise<Trial | undefined> {
    return this.#run(this.#inputs.changed(inputs.map((input) => ({ input, choice }))))
  }

  async #run(plan: TrialPlan): Promise<Trial | undefined> {
    this.#runs++
    try {
      return await tryOut(plan)
    } catch {
      // With this value of a setting there is no collector: it says nothing about spans.
      return undefined
    }
  }

  #originsOf({ span, fields }: SentSpan, number: number, deciding: readonly Source[]): readonly Origin[] {
    return [...fields].map(([field, value]) => {
      const found = this.#findings.sourcesOf(number, field)
      const place = this.#places.first(span.spanId, field, value)
      const isLong = textOf(value).length >= shortestTwin
      const copies =
        found.length === 0 && isLong
          ? this.#decider(deciding, value, number)
          : found.filter((source) => this.#values.get(source) === textOf(value))
      if (copies.length > 0) return { field, value, how: 'copied', sources: copies, place }
      return { field, value, how: found.length === 0 ? 'constant' : 'derived', sources: found, place }
    })
  }

  /** Of the deciding inputs with this value the one that stands nearest to the other sources of the span. */
  #decider(deciding: readonly Source[], value: FieldValue, number: number): readonly Source[] {
    const near = this.#findings.allSourcesOf(number).map(elementOf)
    const nearness = (source: Source): number => near.filter((each) => each === elementOf(source)).length
    const [best] = deciding
      .filter((source) => this.#values.get(source) === textOf(value))
      .toSorted((a, b) => nearness(b) - nearness(a))
    return best === undefined ? [] : [best]
  }
}

/** Shorter values are equal by accident. */
const shortestTwin = 3

/** The event of a list that a source is in. */
function elementOf(source: Source): string {
  if (source.kind !== 'payload') return source.kind
  return `${source.delivery} ${/^\/\d+/.exec(source.pointer)?.[0] ?? ''}`
}
