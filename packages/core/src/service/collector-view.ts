import type { CollectorView } from '../component/options.ts'
import type { TapDesk } from '../tap/tap-desk.ts'
import { redactedConfig } from './config-views.ts'
import type { Generation } from './generation.ts'
import type { StatusBook } from './status-book.ts'

/** The collector as its extensions see it, whatever runs at the moment. */
export function collectorView(
  statuses: StatusBook,
  current: () => Generation | undefined,
  taps: TapDesk,
  reload: CollectorView['reload'],
): CollectorView {
  return {
    components: () => statuses.list(),
    onStatus: (listener) => statuses.listen(listener),
    accounting: () => current()?.accounting() ?? [],
    redactedConfig() {
      const generation = current()
      return generation === undefined ? {} : redactedConfig(generation.parts.config)
    },
    pipelines() {
      const configured = current()?.parts.config.service.pipelines.values() ?? []
      return [...configured].map(({ id, receivers, processors, exporters }) => ({
        id,
        receivers,
        processors,
        exporters,
      }))
    },
    boundaries: () => taps.list(),
    tap: (target) => taps.open(target),
    ...(reload === undefined ? {} : { reload }),
  }
}
