import type { PluginFinder } from '@spanloom/core'

/** Finds plugins as this process does. The code for it is loaded when a configuration needs it. */
export const pluginFinder: PluginFinder = {
  async find(request) {
    const [{ filePluginFinder }, { processSurroundings }] = await Promise.all([
      import('./plugin-finder.ts'),
      import('./surroundings.ts'),
    ])
    return filePluginFinder(processSurroundings()).find(request)
  },
}
