import { describe, expect, it } from 'vitest'

import { fixture } from '../test/fixture.ts'
import { type Command, type MessageInput, readCommand } from './command.ts'
import { MessageError } from './errors.ts'

interface FrameCase {
  readonly id: string
  readonly title: string
  readonly frame:
    | { readonly type: 'text'; readonly data: string }
    | { readonly type: 'binary'; readonly base64: string }
  readonly expect: {
    readonly kind: 'command' | 'error'
    readonly reason?: string
    readonly request_id?: string | null
    readonly operation?: string
    readonly trace_id?: string | null
    readonly span_id?: string | null
    readonly warning?: string
  }
}

const inputOf = (frame: FrameCase['frame']): MessageInput =>
  frame.type === 'text' ? frame.data : Buffer.from(frame.base64, 'base64')

function outcome(input: MessageInput): Command | string {
  try {
    return readCommand(input)
  } catch (error) {
    if (error instanceof MessageError) return error.code
    throw error
  }
}

describe('readCommand', () => {
  const cases = fixture<FrameCase>('frames').map((each) => [each.id, each.title, each] as const)

  it.each(cases.filter(([, , each]) => each.expect.kind === 'error'))(
    '%s: %s',
    (_id, _title, { frame, expect: { reason } }) => {
      expect(outcome(inputOf(frame))).toBe(reason)
    },
  )

  it.each(cases.filter(([, , each]) => each.expect.kind === 'command'))(
    '%s: %s',
    (_id, _title, { frame, expect: expected }) => {
      const { operation, rID, traceId, spanId, warnings } = readCommand(inputOf(frame))
      expect({ operation, rID, traceId, spanId }).toEqual({
        operation: expected.operation,
        rID: expected.request_id ?? undefined,
        traceId: expected.trace_id ?? undefined,
        spanId: expected.span_id ?? undefined,
      })
      expect(warnings.filter((warning) => warning !== 'missing_headers')).toEqual(
        expected.warning === undefined ? [] : [expected.warning],
      )
      expect('polluted' in {}).toBe(false)
    },
  )

  it('takes what ws hands over in fragments, and what was parsed already', () => {
    const text = '{"rID":"1","operation":"é"}'
    const bytes = Buffer.from(text)
    for (const input of [
      [bytes.subarray(0, 24), bytes.subarray(24)],
      JSON.parse(text) as Record<string, unknown>,
    ]) {
      expect(readCommand(input)).toMatchObject({ rID: '1', operation: 'é' })
    }
    expect(readCommand(Uint8Array.from(bytes).buffer)).toMatchObject({ operation: 'é' })
  })

  it('keeps the digits of a number in place of the rID', () => {
    const command = readCommand('{"rID":10000000000000000001,"operation":"x","__headers__":{"trace-id":"t"}}')
    expect(command).toMatchObject({ rID: '10000000000000000001', warnings: ['request_id_not_string'] })
  })

  it('reads own members only', () => {
    const text = '{"operation":"x","__proto__":{"rID":"inherited","__headers__":{"trace-id":"inherited"}}}'
    expect(readCommand(text)).toMatchObject({ rID: undefined, traceId: undefined })
  })

  it.each([
    ['too_large', `{"operation":"${'x'.repeat(1024 * 1024)}"}`],
    ['too_large', Buffer.alloc(1024 * 1024 + 1)],
    ['too_large', [Buffer.alloc(1024 * 1024), Buffer.alloc(1)]],
    ['too_deep', `{"operation":"x","a":${'['.repeat(64)}${']'.repeat(64)}}`],
  ])('refuses what is %s', (reason, input) => {
    expect(outcome(input)).toBe(reason)
  })

  it('does not count brackets in strings as depth', () => {
    expect(readCommand(`{"operation":"${'['.repeat(100)}\\"[{"}`).operation).toHaveLength(103)
  })

  it('says nothing of the content in its errors', () => {
    expect(() => readCommand('{"card":"4111 1111')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('4111') as string }),
    )
  })
})
