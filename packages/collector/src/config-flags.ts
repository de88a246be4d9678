import {
  ConfigSource,
  fetchSource,
  SpanloomError,
  type CollectorConfig,
  type LoadOptions,
} from '@spanloom/core'
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
    ...loadOptions(flags.config, context),
    sets: flags.set,
    strictEnv: flags.strictEnv ?? false,
    strictFiles: flags.strictFiles ?? false,
    tracesOnly: flags.tracesOnly ?? false,
  })
}

/** How the command loads these sources. */
export function loadOptions(sources: readonly string[], context: CliContext): LoadOptions {
  const { registry, plugins, env } = context
  const readFile: LoadOptions['readFile'] = (path) => context.readFile(path)
  return { sources, registry, plugins, env, readFile, readPem: readFile, fetch: fetchSource }
}

/**
 * Loads and checks what the flags name.
 *
 * @throws ConfigError with all faults, or SpanloomError when no source is named.
 */
export async function loadFromFlags(flags: ConfigFlags, context: CliContext): Promise<CollectorConfig> {
  return sourceFromFlags(flags, context).load()
}

/** Gathers the values of a flag that may be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value]
}
