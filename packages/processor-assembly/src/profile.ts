import type { AssemblyProfile, Span } from '@spanloom/core'

/** A profile in which nothing is left open; see {@link AssemblyProfile} for what each word means. */
export interface Profile {
  readonly end: 'last' | 'first' | 'new'
  readonly onRestart: 'ignore' | 'merge' | 'close' | 'abandon'
  readonly orphanUpdate: 'keep' | 'drop'
  readonly onTimeout: 'emit' | 'drop'
  readonly onShutdown: 'flush' | 'drop'
  readonly late: 'span' | 'drop'
  readonly rerunLink: boolean
  readonly defaultName: string
  readonly settleMs: number
  readonly startWaitMs: number
  readonly idleTimeoutMs: number
  readonly tombstoneTtlMs: number
  readonly waitForParentMs: number
  readonly clockSkewMs: number
  readonly maxSpanEvents: number
  readonly maxFragments: number
  readonly ranks: Ranks
  readonly finish: ((span: Span, fragments: readonly Span[]) => Span) | undefined
}

/** Ranks of fragments that name none. */
export interface Ranks {
  readonly start: number
  readonly update: number
  readonly end: number
  readonly complete: number
}

const hourMs = 3_600_000

/** What a profile says where it says nothing (`assembly.md` sections 4 to 7). */
export const defaultProfile: Profile = {
  end: 'last',
  onRestart: 'ignore',
  orphanUpdate: 'keep',
  onTimeout: 'emit',
  onShutdown: 'flush',
  late: 'span',
  rerunLink: true,
  defaultName: 'unknown',
  settleMs: 2_000,
  startWaitMs: 30_000,
  idleTimeoutMs: 24 * hourMs,
  tombstoneTtlMs: 24 * hourMs,
  waitForParentMs: 0,
  clockSkewMs: 5_000,
  maxSpanEvents: 1_000,
  maxFragments: 10_000,
  ranks: { start: 0, update: 10, end: 20, complete: 20 },
  finish: undefined,
}

/** Name of the profile of fragments that name none. */
export const defaultProfileName = 'default'

/** All profiles of one assembler, numbered so that a key can remember its own in a few bits. */
export class Profiles {
  readonly #list: Profile[] = []
  readonly #names: string[] = []
  readonly #byName = new Map<string, number>()

  readonly #registered: ReadonlyMap<string, AssemblyProfile>

  /**
   * `registered` are the receivers' profiles, to which a reload may add some; `overrides` the settings of the user,
   * which win.
   */
  constructor(
    registered: ReadonlyMap<string, AssemblyProfile>,
    overrides: ReadonlyMap<string, AssemblyProfile> = new Map(),
  ) {
    this.#registered = registered
    for (const name of new Set([defaultProfileName, ...registered.keys(), ...overrides.keys()])) {
      this.#add(name, completeProfile(registered.get(name), overrides.get(name)))
    }
  }

  /** Number of the profile of that name; undefined when nobody knows it. */
  find(name: string): number | undefined {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const registered = this.#registered.get(name)
    return registered === undefined ? undefined : this.#add(name, completeProfile(registered))
  }

  /** Name of the profile of a number that {@link find} gave. */
  nameOf(number: number): string {
    return this.#names[number] ?? defaultProfileName
  }

  /** The profile of a number that {@link find} gave; 0 is the default profile. */
  at(number: number): Profile {
    return this.#list[number] ?? defaultProfile
  }

  #add(name: string, profile: Profile): number {
    this.#byName.set(name, this.#list.length)
    this.#names.push(name)
    return this.#list.push(profile) - 1
  }
}

function completeProfile(registered: AssemblyProfile = {}, override: AssemblyProfile = {}): Profile {
  return {
    ...defaultProfile,
    ...withoutUndefined(registered),
    ...withoutUndefined(override),
    ranks: {
      ...defaultProfile.ranks,
      ...withoutUndefined(registered.ranks ?? {}),
      ...withoutUndefined(override.ranks ?? {}),
    },
  }
}

/** The same with every absent member left out, so that it does not cover what is below it. */
function withoutUndefined<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, item]) => item !== undefined)
  // Exactly the absent members are taken out.
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
