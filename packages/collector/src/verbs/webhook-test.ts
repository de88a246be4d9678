import { closest, SpanloomError, userAgent } from '@spanloom/core'
import type { WebhookConfig } from '@spanloom/exporter-webhook/ping'
import { type Command, Option } from 'commander'

import { buildInfo } from '../build-info.ts'
import type { CliContext } from '../cli-context.ts'
import { addConfigFlags, type ConfigFlags, loadFromFlags } from '../config-flags.ts'
import type { Verb } from './verb.ts'

interface Flags extends ConfigFlags {
  readonly format: 'text' | 'json'
}

/** `spanloom webhook test`: sends a ping to an endpoint of a configuration. */
export function addWebhookTest(
  webhook: Command,
  context: CliContext,
  act: Parameters<Verb['define']>[2],
): void {
  addConfigFlags(webhook.command('test'))
    .description('Send a ping to an endpoint, and tell what it answered.')
    .argument('<endpoint>', 'name of the endpoint')
    .addOption(new Option('--format <format>').choices(['text', 'json']).default('text'))
    .action((name: string, flags: Flags) =>
      act(async () => {
        const { endpointNames, sendPing } = await import('@spanloom/exporter-webhook/ping')
        const { exporters } = await loadFromFlags(flags, context)
        // The settings were parsed with the exporter's own schema.
        const configs = [...exporters.values()].flatMap(({ type, config }) =>
          type === 'webhook' ? [config as WebhookConfig] : [],
        )
        const config = configs.find((each) => endpointNames(each).includes(name))
        if (config === undefined) throw noEndpoint(name, configs.flatMap(endpointNames))
        const result = await sendPing(config, name, userAgent(buildInfo))
        const { status, failure, durationMs } = result
        if (flags.format === 'json')
          context.stdout.write(`${JSON.stringify({ endpoint: name, ...result })}\n`)
        else if (failure === undefined)
          context.stdout.write(`${name} answered ${status} after ${durationMs} ms.\n`)
        else context.stdout.write(`${name} did not take the ping after ${durationMs} ms: ${failure}\n`)
        return failure === undefined ? 0 : 1
      }),
    )
}

function noEndpoint(name: string, names: readonly string[]): SpanloomError {
  const near = closest(name, names)
  const known =
    names.length === 0 ? 'The configuration has no webhook exporter.' : `There are ${names.join(', ')}.`
  return new SpanloomError('NO_ENDPOINT', `there is no endpoint "${name}"`, {
    hint: near === undefined ? known : `Did you mean "${near}"?`,
  })
}
