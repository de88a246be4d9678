import { SpanloomError } from '@spanloom/core'

/** A plugin that cannot be used. The message is a clause about it, such as `it needs plugin API 2`. */
export class PluginError extends SpanloomError {
  constructor(message: string, hint?: string, options: ErrorOptions = {}) {
    super('PLUGIN_UNUSABLE', message, { ...options, ...(hint === undefined ? {} : { hint }) })
  }
}
