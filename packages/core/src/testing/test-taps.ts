import type { CollectorView, PipelineView } from '../component/options.ts'
import { toGraph } from '../pipeline/graph.ts'
import { TapDesk } from '../tap/tap-desk.ts'
import { findBoundaries, type TapTarget } from '../tap/tap-target.ts'
import type { TapEnd } from '../tap/tap.ts'
import type { Traces } from '../traces/traces.ts'

/** Boundaries of pipelines that do not run: what passes them, a test says. */
export interface TestTaps extends Pick<CollectorView, 'boundaries' | 'tap'> {
  /** Lets a batch pass. @throws SpanloomError `BOUNDARY_UNKNOWN` */
  pass(target: TapTarget, traces: Traces): void
  /** Goes over to other pipelines, as a reload does. */
  become(pipelines: readonly PipelineView[]): void
  /** Ends all taps. */
  close(end: TapEnd): void
}

/** The boundaries of these pipelines, in which no name stands for a connector. */
export function testTaps(pipelines: readonly PipelineView[] = []): TestTaps {
  let graph = toGraph(pipelines, new Set())
  const desk = new TapDesk(() => graph)
  return {
    boundaries: () => desk.list(),
    tap: (target) => desk.open(target),
    pass(target, traces) {
      for (const { key, side } of findBoundaries(graph, target)) desk.boundaries.of(key, side).pass(traces)
    },
    become(next) {
      graph = toGraph(next, new Set())
      desk.follow()
    },
    close: (end) => desk.close(end),
  }
}
