import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'

import { afterEach, expect, it, vi } from 'vitest'

import { connectTo, post, raw, start, stopAll } from './serving.ts'

afterEach(stopAll)

async function* pieces(...texts: readonly string[]): AsyncGenerator<string> {
  for (const text of texts) {
    await setImmediate()
    yield text
  }
}

it('sends pieces as they come and ends after the last', async () => {
  const { url } = await start({}, () => ({
    status: 200,
    headers: { 'content-type': 'text/plain' },
    stream: pieces('a', 'b', 'c'),
  }))
  const { status, text, headers } = await post(url, '')
  expect([status, text, headers['content-type'], headers['transfer-encoding']]).toEqual([
    200,
    'abc',
    'text/plain',
    'chunked',
  ])
})

it('lets a stream take longer than other answers', async () => {
  const { url } = await start({ write_timeout: '30ms' }, () => ({
    status: 200,
    stream: (async function* () {
      yield 'a'
      await new Promise((resolve) => setTimeout(resolve, 120))
      yield 'b'
    })(),
  }))
  expect((await post(url, '')).text).toBe('ab')
})

it('tells the source when the client has gone, and asks for no more', async () => {
  const ended = vi.fn<() => void>()
  let aborted = false
  const { server } = await start({}, ({ signal }) => {
    signal.addEventListener('abort', () => (aborted = true))
    return {
      status: 200,
      stream: (async function* () {
        try {
          for (;;) {
            yield 'x'
            await setImmediate()
          }
        } finally {
          ended()
        }
      })(),
    }
  })
  const socket = connectTo(server)
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await once(socket, 'data')
  socket.destroy()
  await vi.waitFor(() => expect([ended.mock.calls.length, aborted]).toEqual([1, true]))
})

it('cuts off a client that takes nothing', async () => {
  const ended = vi.fn<() => void>()
  const { server } = await start({ write_timeout: '50ms' }, () => ({
    status: 200,
    stream: (async function* () {
      try {
        for (;;) yield 'x'.repeat(1_000_000)
      } finally {
        ended()
      }
    })(),
  }))
  const socket = connectTo(server)
  socket.on('error', () => undefined)
  socket.pause()
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await vi.waitFor(() => expect(ended).toHaveBeenCalledOnce(), 5_000)
  socket.destroy()
})

it('cuts the answer short when the source fails, so that nobody takes it for whole', async () => {
  const { server } = await start({}, () => ({
    status: 200,
    stream: (async function* () {
      yield 'a'
      await setImmediate()
      throw new Error('broken')
    })(),
  }))
  const answer = await raw(server, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  expect(answer).not.toMatch(/0\r\n\r\n$/)
})

it('sends no stream as the answer to HEAD', async () => {
  const { server } = await start({}, () => ({ status: 200, stream: pieces('a') }))
  const answer = await raw(server, 'HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
  expect(answer.split('\r\n\r\n')[1]).toBe('')
})
