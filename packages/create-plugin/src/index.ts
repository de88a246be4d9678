export { addCreatePlugin, type CommandContext } from './command.ts'
export type { PluginKind } from './plugin-names.ts'
