import type { ConfigIssue } from '../errors/config-error.ts'
import type { ConfigOf, ExtensionRole, ObjectSchema } from '../schema/schema.ts'
import type { Component, ComponentKind, Stability } from './component.ts'
import type { TracesConsumer } from './consumer.ts'
import type { Extension } from './extension.ts'
import type {
  ComponentOptions,
  ConnectorOptions,
  ExporterOptions,
  ExtensionOptions,
  ProcessorOptions,
  ReceiverOptions,
} from './options.ts'
import type { AssemblyProfile } from './profile.ts'

/** Tells of a fault that the schema cannot express; `path` begins inside the component's settings. */
export type ReportIssue = (path: ConfigIssue['path'], message: string, suggestion?: string) => void

/** What all definitions share. `schema` is the one source of types, validation, defaults, docs and secrets. */
export interface Definition<S extends ObjectSchema> {
  /** Lower snake_case, such as `azure_event_hub`. */
  readonly type: string
  readonly stability: Stability
  readonly schema: S
  /** Sentence for `spanloom components` and the reference page. */
  readonly description?: string
  /**
   * Whether, at a reload, an instance with other settings may start while the one before it still works. `false` for
   * what owns a file or another thing that cannot be shared: then data waits until the old instance has stopped.
   * Default: receivers only if they listen through `Host.sockets`, exporters only with `delivery`, all others yes;
   * nobody who uses a storage.
   */
  readonly overlaps?: boolean
  /** Checks what concerns several settings at once. */
  validate?(config: ConfigOf<S>, report: ReportIssue): void
}

/** A definition as the pipeline sees it: the config type is settled, settings are checked before `create`. */
export interface Factory<Kind extends ComponentKind, Options, Instance> {
  readonly kind: Kind
  readonly type: string
  readonly stability: Stability
  readonly schema: ObjectSchema
  readonly description: string | undefined
  /** See {@link Definition.overlaps}. */
  readonly overlaps?: boolean
  /** Checks what the schema cannot; `config` is the parsed config. */
  validate(config: unknown, report: ReportIssue): void
  /** Makes an instance. `options.config` must be what `parseConfig(schema, …)` returned. */
  create(options: Options): Instance
}

export interface ReceiverFactory<C extends Component = Component> extends Factory<
  'receiver',
  ReceiverOptions<unknown>,
  C
> {
  /** Assembly profiles of this receiver's fragments, by name. */
  readonly profiles: Readonly<Record<string, AssemblyProfile>>
  /** Values of `ConsumeContext.transport` that a receiver with this parsed config uses; none if it sets none. */
  readonly transports?: (config: unknown) => readonly string[]
  /** See {@link ReceiverDefinition.credentials}. */
  readonly credentials?: (config: unknown, request: UnsignedRequest) => Readonly<Record<string, string>>
}
export interface ProcessorFactory<
  C extends Component & TracesConsumer = Component & TracesConsumer,
> extends Factory<'processor', ProcessorOptions<unknown>, C> {}
export interface ConnectorFactory<
  C extends Component & TracesConsumer = Component & TracesConsumer,
> extends Factory<'connector', ConnectorOptions<unknown>, C> {}
export interface ExporterFactory<
  C extends Component & TracesConsumer = Component & TracesConsumer,
> extends Factory<'exporter', ExporterOptions<unknown>, C> {}
export interface ExtensionFactory<C extends Extension = Extension> extends Factory<
  'extension',
  ExtensionOptions<unknown>,
  C
> {
  /** See {@link ExtensionDefinition.offers}. */
  readonly offers: readonly ExtensionRole[] | undefined
}

/** Any factory. */
export type AnyFactory =
  | ReceiverFactory
  | ProcessorFactory
  | ConnectorFactory
  | ExporterFactory
  | ExtensionFactory

const typePattern = /^[a-z][a-z0-9_]{0,62}$/

/**
 * Makes a factory of a definition. The config handed to `create` was parsed with the definition's own
 * schema, which is what makes the one change of type here sound.
 */
export function factoryOf<
  Kind extends ComponentKind,
  S extends ObjectSchema,
  Instance,
  Options extends ComponentOptions<unknown>,
>(
  kind: Kind,
  definition: Definition<S>,
  create: (options: Options, config: ConfigOf<S>) => Instance,
): Factory<Kind, Options, Instance> {
  const { type, stability, schema, description, overlaps } = definition
  if (!typePattern.test(type)) throw new TypeError(`A ${kind} type is lower_snake_case, unlike "${type}".`)
  return {
    kind,
    type,
    stability,
    schema,
    description,
    ...(overlaps === undefined ? {} : { overlaps }),
    validate: (config, report) => definition.validate?.(config as ConfigOf<S>, report),
    create: (options) => create(options, options.config as ConfigOf<S>),
  }
}

/** A request whose sender has not yet proved who it is. */
export interface UnsignedRequest {
  /** Path without query. */
  readonly path: string
  readonly body: Uint8Array
  /** When it is sent, in milliseconds since 1970. */
  readonly now: number
}

export interface ReceiverDefinition<S extends ObjectSchema, C extends Component> extends Definition<S> {
  readonly profiles?: Readonly<Record<string, AssemblyProfile>>
  /** Values of `ConsumeContext.transport` that this receiver uses, so that its counters exist from the start (TEL-11). */
  transports?(config: ConfigOf<S>): readonly string[]
  /**
   * Headers with which a sender that knows the secrets of the settings proves itself, so that people can try out
   * payloads. Pure.
   */
  credentials?(config: ConfigOf<S>, request: UnsignedRequest): Readonly<Record<string, string>>
  create(options: ReceiverOptions<ConfigOf<S>>): C
}

/** Declares a receiver; the type of its `config` follows from `schema`. */
export function defineReceiver<const S extends ObjectSchema, C extends Component>(
  definition: ReceiverDefinition<S, C>,
): ReceiverFactory<C> {
  return Object.freeze({
    ...factoryOf('receiver', definition, (options: ReceiverOptions<unknown>, config) =>
      definition.create({ ...options, config }),
    ),
    profiles: definition.profiles ?? {},
    transports: (config: unknown) => definition.transports?.(config as ConfigOf<S>) ?? [],
    credentials: (config: unknown, request: UnsignedRequest) =>
      definition.credentials?.(config as ConfigOf<S>, request) ?? {},
  })
}

export interface ProcessorDefinition<
  S extends ObjectSchema,
  C extends Component & TracesConsumer,
> extends Definition<S> {
  create(options: ProcessorOptions<ConfigOf<S>>): C
}

/** Declares a processor. For one that only changes spans, see `statelessProcessor`. */
export function defineProcessor<const S extends ObjectSchema, C extends Component & TracesConsumer>(
  definition: ProcessorDefinition<S, C>,
): ProcessorFactory<C> {
  return Object.freeze(
    factoryOf('processor', definition, (options: ProcessorOptions<unknown>, config) =>
      definition.create({ ...options, config }),
    ),
  )
}

export interface ConnectorDefinition<
  S extends ObjectSchema,
  C extends Component & TracesConsumer,
> extends Definition<S> {
  create(options: ConnectorOptions<ConfigOf<S>>): C
}

/** Declares a connector: the exporter of some pipelines and the receiver of others. */
export function defineConnector<const S extends ObjectSchema, C extends Component & TracesConsumer>(
  definition: ConnectorDefinition<S, C>,
): ConnectorFactory<C> {
  return Object.freeze(
    factoryOf('connector', definition, (options: ConnectorOptions<unknown>, config) =>
      definition.create({ ...options, config }),
    ),
  )
}

export interface ExtensionDefinition<S extends ObjectSchema, C extends Extension> extends Definition<S> {
  /**
   * What it does for components that name it, so that a setting which names an extension that cannot do its work is
   * found before the start. Not checked when absent.
   */
  readonly offers?: readonly ExtensionRole[]
  create(options: ExtensionOptions<ConfigOf<S>>): C
}

/** Declares an extension. */
export function defineExtension<const S extends ObjectSchema, C extends Extension>(
  definition: ExtensionDefinition<S, C>,
): ExtensionFactory<C> {
  return Object.freeze({
    ...factoryOf('extension', definition, (options: ExtensionOptions<unknown>, config) =>
      definition.create({ ...options, config }),
    ),
    offers: definition.offers,
  })
}
