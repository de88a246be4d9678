export * from './file-receiver.ts'
export * from './otlp-json-file.ts'
