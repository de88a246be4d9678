export { type BuiltInType, builtInTypes, type Transition } from './built-in-types.ts'
