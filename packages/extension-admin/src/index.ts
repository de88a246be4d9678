export { adminExtension, type AdminServer } from './admin.ts'
