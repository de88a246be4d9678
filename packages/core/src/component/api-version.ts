/**
 * Version of the contract between this package and plugins. A plugin names the one that it was written for in the
 * `spanloom` section of its `package.json`; it grows only when existing plugins would break.
 */
export const pluginApiVersion = 1
