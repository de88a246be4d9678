import { SpanloomError } from '@spanloom/core'

/** A behaviour that can be switched before it becomes the rule (CLI-05). */
export interface FeatureGate {
  readonly id: string
  readonly stage: 'alpha' | 'beta' | 'stable' | 'deprecated'
  readonly enabled: boolean
  readonly description: string
}

/** All gates of this version. */
export const featureGates: readonly FeatureGate[] = []

/**
 * Reads the values of `--feature-gates`: `a,+b` enables, `-c` disables.
 *
 * @throws SpanloomError for an unknown gate.
 */
export function applyFeatureGates(
  values: readonly string[],
  gates: readonly FeatureGate[] = featureGates,
): readonly FeatureGate[] {
  const switched = new Map(gates.map((gate) => [gate.id, gate]))
  const names = values.flatMap((value) => value.split(',')).map((name) => name.trim())
  for (const name of names.filter((each) => each !== '')) {
    const id = name.replace(/^[+-]/, '')
    switched.set(id, { ...findGate(id, gates), enabled: !name.startsWith('-') })
  }
  return [...switched.values()]
}

/** @throws SpanloomError for an unknown gate. */
export function findGate(id: string, gates: readonly FeatureGate[] = featureGates): FeatureGate {
  const gate = gates.find((each) => each.id === id)
  if (gate === undefined) throw new SpanloomError('UNKNOWN_FEATURE_GATE', `no such feature gate "${id}"`)
  return gate
}
