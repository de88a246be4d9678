export { attribute, control } from './attributes.ts'
export { profiles } from './profiles.ts'
export * from './translate.ts'
