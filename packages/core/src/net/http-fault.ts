import { SpanloomError, type SpanloomErrorOptions } from '../errors/errors.ts'

/** Facts of a fault in a request. */
export interface HttpFaultOptions extends SpanloomErrorOptions {
  /** Headers that the answer carries, such as `Allow`. */
  readonly headers?: Readonly<Record<string, string>>
  /** The gRPC status that says the same, for bodies that hold a `google.rpc.Status`; default by `grpcStatusOfHttp`. */
  readonly grpcStatus?: number
}

/** Something is wrong with an HTTP request itself; `status` is the answer's. The message goes to the sender. */
export class HttpFault extends SpanloomError {
  override readonly permanent: boolean = true
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly grpcStatus: number | undefined

  constructor(
    status: number,
    code: string,
    message: string,
    { headers = {}, grpcStatus, ...options }: HttpFaultOptions = {},
  ) {
    super(code, message, options)
    this.status = status
    this.headers = headers
    this.grpcStatus = grpcStatus
  }
}
