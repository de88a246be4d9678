import { featureGates, findGate, type FeatureGate } from '../feature-gates.ts'
import type { Verb } from './verb.ts'

/** Lists feature gates or shows one (CLI-05). */
export const featureGateVerb: Verb = {
  define(program, { stdout }, act) {
    program
      .command('featuregate [id]')
      .description('List feature gates, or show one.')
      .action((id: string | undefined) =>
        act(() => {
          const gates = id === undefined ? featureGates : [findGate(id)]
          stdout.write(
            `${[['ID', 'ENABLED', 'STAGE', 'DESCRIPTION'], ...gates.map(columns)].map(toLine).join('\n')}\n`,
          )
          return Promise.resolve(0)
        }),
      )
  },
}

function columns({ id, enabled, stage, description }: FeatureGate): readonly string[] {
  return [id, String(enabled), stage, description]
}

function toLine([id = '', enabled = '', stage = '', description = '']: readonly string[]): string {
  return `${id.padEnd(40)} ${enabled.padEnd(8)} ${stage.padEnd(11)} ${description}`.trimEnd()
}
