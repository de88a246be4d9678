import { ConfigSource, fetchSource, SpanloomError, type CollectorConfig } from '@spanloom/core'
import type { Command } from 'commander'

import type { CliContext } from './cli-context.ts'
import { applyFeatureGates } from './feature-gates.ts'

/** Flags of every verb that reads a configuration. */
export interface ConfigFlags {
  readonly config: readonly string[]
  readonly set: readonly string[]
  readonly featureGates: readonly string[]
  readonly strictEnv?: boolean
  readonly strictFiles?: boolean
  readonly tracesOnly?: boolean
}

/** Adds the flags to a verb. */
export function addConfigFlags(command: Command): Command {
  return command
    .option(
      '--config <source>',
      'where the configuration comes from: a path, or file:, env:, yaml:, http: or https:; may be repeated',
      collect,
      [],
    )
    .option(
      '--set <path=value>',
      'set one value, such as receivers.otlp.protocols.http.endpoint=:4318; may be repeated',
      collect,
      [],
    )
    .option(
      '--feature-gates <list>',
      'enable a or +a, disable -a, separated by commas; may be repeated',
      collect,
      [],
    )
    .option('--strict-env', 'unset environment variables without default are errors')
    .option('--traces-only', 'skip pipelines for metrics and logs')
}

/**
 * The configuration that the flags name.
 *
 * @throws SpanloomError when no source is named.
 */
export function sourceFromFlags(flags: ConfigFlags, context: CliContext): ConfigSource {
  applyFeatureGates(flags.featureGates)
  if (flags.config.length === 0) {
    throw new SpanloomError('NO_CONFIG', 'at least one config flag must be provided', {
      hint: 'For example --config pipeline.yaml.',
    })
  }
  return new ConfigSource({
    sources: flags.config,
    sets: flags.set,
    registry: context.registry,
    plugins: context.plugins,
    env: context.env,
    readFile: (path) => context.readFile(path),
    readPem: (path) => context.readFile(path),
    fetch: fetchSource,
    strictEnv: flags.strictEnv ?? false,
    strictFiles: flags.strictFiles ?? false,
    tracesOnly: flags.tracesOnly ?? false,
  })
}

/**
 * Loads and checks what the flags name.
 *
 * @throws ConfigError with all faults, or SpanloomError when no source is named.
 */
export async function loadFromFlags(flags: ConfigFlags, context: CliContext): Promise<CollectorConfig> {
  return sourceFromFlags(flags, context).load()
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}
