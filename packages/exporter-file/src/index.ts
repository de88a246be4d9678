export * from './debug-exporter.ts'
export * from './file-factory.ts'
export * from './render-tree.ts'
