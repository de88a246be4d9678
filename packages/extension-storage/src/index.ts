export { fileStorageExtension } from './file-storage.ts'
