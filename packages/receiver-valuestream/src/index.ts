export { attribute, control } from './attributes.ts'
export { profiles } from './profiles.ts'
export { valuestreamReceiver } from './receiver.ts'
export * from './translate.ts'
