export { basicAuthExtension } from './basic-auth.ts'
export { bearerTokenAuthExtension } from './bearer-token-auth.ts'
