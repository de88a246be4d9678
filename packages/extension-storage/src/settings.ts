/** Where files lie unless told, as upstream has it. */
export const defaultDirectory: string =
  process.platform === 'win32'
    ? `${process.env['ProgramData'] ?? String.raw`C:\ProgramData`}\\Otelcol\\FileStorage`
    : '/var/lib/otelcol/file_storage'

/** Settings of `file_storage` (`collector-conventions.md` section 11). */
export const settings = {
  directory: {
    type: 'string',
    format: 'path',
    minLength: 1,
    description: 'Folder on a local disk. Each component that stores something has a file of its own in it.',
  },
  create_directory: {
    type: 'boolean',
    default: false,
    description: 'Makes the folder, and those above it, if it is missing.',
  },
  directory_permissions: {
    anyOf: [
      { type: 'string', pattern: '^0?[0-7]{3}$' },
      { type: 'integer', minimum: 0, maximum: 0o777 },
    ],
    default: '0750',
    description: 'Permissions of a folder that is made, in octal digits.',
  },
  timeout: {
    type: 'string',
    format: 'duration',
    minimumMs: 0,
    default: '1s',
    description: 'How long to wait for a file that another process uses before the start fails.',
  },
  fsync: {
    type: 'boolean',
    default: false,
    description:
      'What was acknowledged always survives a crash or a kill of the process. With `true` it survives a power failure, too; with `false` a power failure may cost the last seconds, but never the file.',
  },
  max_disk: {
    anyOf: [
      { type: 'integer', minimum: 0 },
      { type: 'string', format: 'size' },
    ],
    default: '4GiB',
    description:
      'Largest size of each file, such as `4GiB`; beyond it data is refused until room is made. 0: no limit.',
  },
  min_free_disk: {
    anyOf: [
      { type: 'integer', minimum: 0 },
      { type: 'string', format: 'size' },
    ],
    default: '256MiB',
    description: 'Data is refused when the disk would have less than this left. 0: no limit.',
  },
  ballast: {
    anyOf: [
      { type: 'integer', minimum: 0 },
      { type: 'string', format: 'size' },
    ],
    default: '8MiB',
    description:
      'Size of a file beside each file whose room is given up when the disk is full, so that stored data can still be sent and removed. 0: none.',
  },
  compaction: {
    any: true,
    ignored: 'file_storage gives room back to the disk by itself; compaction has no effect.',
  },
  recreate: {
    any: true,
    ignored: 'file_storage always moves a damaged file aside and begins a new one; recreate has no effect.',
  },
} as const
