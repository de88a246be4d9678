export * from './debug-exporter.ts'
export * from './file-factory.ts'
export { plainText, timeText } from './plain-text.ts'
export * from './render-tree.ts'
