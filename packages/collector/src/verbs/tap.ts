import { SpanloomError, systemClock } from '@spanloom/core'
import { Option } from 'commander'

import { collect } from '../config-flags.ts'
import type { TapFormat } from '../tap/tap.ts'
import { type TokenFlags, tokenOf } from '../token.ts'
import { renderTable } from './queue-table.ts'
import type { Verb } from './verb.ts'

interface Flags extends TokenFlags, TapFormat {
  readonly admin: string
  readonly list?: boolean
  readonly at?: string
  readonly side?: string
  readonly pipeline?: string
  readonly name?: string
  readonly trace?: string
  readonly attribute: readonly string[]
  readonly sample?: string
  readonly limit?: string
  readonly for?: string
}

const defaultAdmin = 'http://localhost:55679'

/** Shows the spans that pass between two components of a running collector. */
export const tapVerb: Verb = {
  define(program, context, act) {
    program
      .command('tap')
      .description('Watch the spans that pass between components of a running collector.')
      .option('--list', 'show what can be watched')
      .option(
        '--at <component>',
        'what to watch, such as receivers/otlp, processors/batch, exporters/otlp_http',
      )
      .addOption(
        new Option(
          '--side <side>',
          'what it takes or what it hands on (default: output; of an exporter, input)',
        ).choices(['input', 'output']),
      )
      .option('--pipeline <id>', 'only of this pipeline, such as traces/x')
      .option('--name <pattern>', 'only spans of this name; * stands for anything')
      .option('--trace <id>', 'only this trace')
      .option(
        '--attribute <key=value>',
        'only spans with this attribute, of their own or their resource; key alone for any value; may be repeated',
        collect,
        [],
      )
      .option('--sample <share>', 'only this share of all traces, such as 0.1')
      .option('--limit <n>', 'end after so many spans')
      .option('--for <duration>', 'end after so long, such as 10s')
      .addOption(
        new Option(
          '--format <format>',
          'tree for people, json a span in each line, otlp a batch in each line',
        )
          .choices(['tree', 'json', 'otlp'])
          .default('tree'),
      )
      .option('--attributes', 'show all attributes in the tree, and not only those that begin with spanloom.')
      .option('--admin <url>', 'address of the admin extension', defaultAdmin)
      .option('--token-env <name>', 'variable that holds its token (default: SPANLOOM_ADMIN_TOKEN)')
      .option('--token-file <path>', 'file that holds its token')
      .action((flags: Flags) =>
        act(async () => {
          const [{ listPlaces, parseAdminUrl }, { showTap }] = await Promise.all([
            import('../tap/tap-client.ts'),
            import('../tap/tap.ts'),
          ])
          const url = parseAdminUrl(flags.admin)
          const token = await tokenOf(
            flags,
            { fallback: 'SPANLOOM_ADMIN_TOKEN', owner: 'the admin extension' },
            context,
          )
          const server = { url, token }
          if (flags.list === true) {
            const places = await listPlaces(server)
            const rows = places.map(({ at, sides, pipelines }) => [
              at,
              sides.join(', '),
              pipelines.join(', '),
            ])
            context.stdout.write(
              flags.format === 'tree'
                ? renderTable(['COMPONENT', 'SIDES', 'PIPELINES'], rows)
                : `${JSON.stringify(places)}\n`,
            )
            return 0
          }
          return showTap(server, queryOf(flags), flags, context, systemClock)
        }),
      )
  },
}

/** What is wrong with a value, the server says: it knows what it runs. */
function queryOf(flags: Flags): URLSearchParams {
  const { at } = flags
  if (at === undefined) {
    throw new SpanloomError('TAP_TARGET_MISSING', 'Nothing is named that could be watched.', {
      hint: 'Name it with --at, such as --at receivers/otlp; --list shows what there is.',
    })
  }
  const query = new URLSearchParams({ at })
  for (const name of ['side', 'pipeline', 'name', 'trace', 'sample', 'limit', 'for'] as const) {
    const value = flags[name]
    if (value !== undefined) query.set(name, value)
  }
  for (const attribute of flags.attribute) query.append('attribute', attribute)
  return query
}
