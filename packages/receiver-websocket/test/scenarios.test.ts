import { readFileSync } from 'node:fs'

import { describe, it } from 'vitest'

import { checkEnd } from './harness/check-end.ts'
import { Player } from './harness/play.ts'
import type { Scenario } from './harness/scenario.ts'
import { openScene } from './harness/scene.ts'

const fixtures: {
  readonly default_config: Readonly<Record<string, unknown>>
  readonly cases: readonly Scenario[]
} = JSON.parse(readFileSync(new URL('fixtures/scenarios.json', import.meta.url), 'utf8'))

describe.each(fixtures.cases.map((scenario) => [`${scenario.id} ${scenario.title}`, scenario] as const))(
  '%s',
  (_title, scenario) => {
    // The assertions are in the harness.
    // oxlint-disable-next-line vitest/expect-expect
    it('does what the fixture says', async () => {
      await using scene = await openScene(scenario, fixtures.default_config)
      const player = new Player(scene)
      for (const step of scenario.timeline) await player.play(step)
      await checkEnd(scene, scenario.expect, player.bindings)
    })
  },
)
