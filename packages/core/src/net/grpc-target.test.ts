import { expect, it } from 'vitest'

import { grpcTargetFault, parseGrpcTarget } from './grpc-target.ts'

it.each([
  ['h:4317', 'h:4317', false, 'h', 4317],
  ['http://h:4317', 'h:4317', false, 'h', 4317],
  ['HTTPS://h:4317/', 'h:4317', true, 'h', 4317],
  ['[::1]:4317', '[::1]:4317', false, '::1', 4317],
  ['dns:///h:1', 'dns:///h:1', false, 'h', 1],
  ['dns://8.8.8.8/h:1', 'dns://8.8.8.8/h:1', false, 'h', 1],
  ['unix:///run/s', 'unix:///run/s', false, undefined, undefined],
  ['unix://run/s', 'unix:run/s', false, undefined, undefined],
])('7.2: reads %s', (endpoint, target, secure, address, port) => {
  expect(parseGrpcTarget(endpoint)).toEqual({ target, secure, address, port })
  expect(grpcTargetFault(endpoint)).toBeUndefined()
})

it.each([
  ['', 'requires a non-empty "endpoint"'],
  ['https://', 'requires a non-empty "endpoint"'],
  ['h', 'invalid port ""'],
  ['h:', 'invalid port ""'],
  ['h:otlp', 'invalid port "otlp"'],
  ['h:0', 'invalid port "0"'],
  ['h:65536', 'invalid port "65536"'],
  ['[::1]', 'invalid port ""'],
])('refuses "%s"', (endpoint, fault) => {
  expect(grpcTargetFault(endpoint)).toBe(fault)
})
