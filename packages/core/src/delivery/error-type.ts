import { grpcStatusOf, SpanloomError } from '../errors/errors.ts'

const statusNames = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
]

/** Name of a gRPC status in the reference collector's spelling, such as `ResourceExhausted`. */
export function grpcStatusName(code: number): string {
  return statusNames[code] ?? `Code(${code})`
}

/** Value of the attribute `error.type` for a failed export: one of a small fixed set (12.2). */
export function errorType(error: unknown): string {
  const code = error instanceof SpanloomError ? error.code : undefined
  if (code === 'SHUTDOWN') return 'Shutdown'
  if (code === 'CANCELLED') return 'Canceled'
  if (code === 'TIMEOUT') return 'Deadline_Exceeded'
  const status = grpcStatusOf(error)
  return (status === undefined ? undefined : statusNames[status]) ?? '_OTHER'
}
