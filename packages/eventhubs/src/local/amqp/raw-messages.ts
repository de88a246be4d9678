import type { EventContext, Session } from 'rhea'

/** Message format of a batch of events. */
export const batchFormat = 0x80013700

/** Stands for the standard format where the library is to hand over the bytes instead of decoding them. */
export const rawFormat = 0x7fffffff

interface TransferFrame {
  readonly performative: { handle: number; message_format?: number | null; more?: boolean }
  readonly payload?: Buffer
}

/**
 * Makes a session hand over the bytes of every message. The library decodes messages of the standard
 * format, and encoding them again turns some numbers into other types. It also bounds what an unfinished
 * delivery may hold: `onOversize` is called for one that grows beyond `limit` bytes.
 */
export function keepRawMessages(session: Session, limit: number, onOversize: () => void): void {
  const inner: { on_transfer?: (frame: TransferFrame) => void } = session as object
  const onTransfer = inner.on_transfer?.bind(session)
  if (onTransfer === undefined) throw new TypeError('This version of the AMQP library has no on_transfer.')
  const unfinished = new Map<number, number>()
  inner.on_transfer = (frame) => {
    const { performative, payload } = frame
    const before = unfinished.get(performative.handle) ?? 0
    const bytes = before + (payload?.length ?? 0)
    if (bytes > limit) {
      onOversize()
      return
    }
    if (performative.more === true) unfinished.set(performative.handle, bytes)
    else unfinished.delete(performative.handle)
    performative.message_format ||= rawFormat
    onTransfer(frame)
  }
}

/** The bytes of the message that an event brings. */
export function rawMessage(context: EventContext): Buffer {
  const { message } = context
  if (!Buffer.isBuffer(message))
    throw new TypeError('The AMQP library decoded a message that it should hand over.')
  return message
}
