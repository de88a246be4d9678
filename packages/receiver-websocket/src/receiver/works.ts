import {
  type Clock,
  type ComponentTelemetry,
  LogThrottle,
  type ReceiverOptions,
  Scope,
  type SpanInit,
} from '@spanloom/core'

import { Answers } from '../answering/answers.ts'
import { parseTemplate } from '../http/path-template.ts'
import { type RandomHex, systemRandom } from '../identity/trace-id.ts'
import { Intake } from '../link/intake.ts'
import { createReader } from '../message/reader.ts'
import type { WireProfile } from '../message/wire-profile.ts'
import { pointerOf, profileOf, readerOptionsOf, trackerSettingsOf } from '../settings/read-settings.ts'
import type { Settings } from '../settings/schema.ts'
import { Outlet } from '../spans/outlet.ts'
import { createMetrics, type Metrics } from '../tracking/metrics.ts'
import { Tenants } from '../tracking/tenants.ts'
import { Tracker } from '../tracking/tracker.ts'
import { wallTime, type WallTime } from '../tracking/wall-time.ts'

/** What a mode tells for the metrics. */
export interface View {
  queued: () => number
  connections: () => ReadonlyMap<string, number>
}

/** Everything that the modes share. Knows no sockets. */
export interface Works {
  readonly id: string
  readonly settings: Settings
  readonly profile: WireProfile
  readonly telemetry: ComponentTelemetry
  readonly clock: Clock
  readonly time: WallTime
  readonly metrics: Metrics
  readonly outlet: Outlet
  readonly emit: (span: SpanInit) => void
  readonly tracker: Tracker
  readonly intake: Intake
  readonly answers: Answers
  readonly tenants: Tenants
  readonly view: View
  /** 0 to 1. */
  readonly random: () => number
}

/** Puts the parts of a receiver together; starts nothing. */
export function createWorks(options: ReceiverOptions<Settings>, randomHex: RandomHex = systemRandom): Works {
  const { id, config: settings, telemetry, clock, next, build } = options
  const profile = profileOf(settings)
  const time = wallTime(clock)
  const view: View = { queued: () => 0, connections: () => new Map() }
  const outlet = new Outlet({
    next,
    telemetry,
    clock,
    maxWaiting: settings.max_waiting_spans,
    resource: { 'service.name': settings.service_name },
    scope: Scope.of({ name: '@spanloom/receiver-websocket', version: build.version }),
  })
  const emit = (span: SpanInit): void => outlet.add(span)
  const metrics: Metrics = createMetrics(id, telemetry, {
    open: () => tracker.table.open.size,
    late: () => tracker.table.late.size,
    queued: () => view.queued(),
    connections: () => view.connections(),
  })
  const { logger } = telemetry
  const tracker = new Tracker({
    settings: trackerSettingsOf(settings, profile),
    profile,
    emit,
    emitCommand: (command, end) => outlet.addCommand(command, end),
    metrics,
    logger,
    clock,
    time,
    random: randomHex,
  })
  telemetry.accounting.held(() => tracker.active + outlet.waiting)
  const tenants = new Tenants()
  const intake = new Intake({
    profile,
    read: createReader(profile, readerOptionsOf(settings)),
    tracker,
    metrics,
    logger,
    throttle: new LogThrottle(clock),
    time,
    logPayload: settings.log_payload,
  })
  const answers = new Answers({
    tracker,
    profile,
    template: settings.callback && parseTemplate(settings.callback.url),
    uncorrelatedPaths: new Set(settings.uncorrelated_paths),
    tenantHeader: settings.tenant_header.toLowerCase(),
    tenants,
    errorPointer: pointerOf(settings.error_pointer),
    metrics,
    logger,
    random: randomHex,
  })
  return {
    id,
    settings,
    profile,
    telemetry,
    clock,
    time,
    metrics,
    outlet,
    emit,
    tracker,
    intake,
    answers,
    tenants,
    view,
    random: Math.random,
  }
}
