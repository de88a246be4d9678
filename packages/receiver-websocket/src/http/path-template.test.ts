import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { parseTemplate, templateFault } from './path-template.ts'

describe('UrlTemplate', () => {
  const template = parseTemplate('https://host.example:8443/v2/callback/{operation}/done?x=1')

  it('never lets an operation out of its segment', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (operation) => {
        fc.pre(operation !== '.' && operation !== '..')
        const url = template.expand(operation)
        expect(url.origin).toBe('https://host.example:8443')
        expect(url.pathname.split('/')).toHaveLength(5)
        expect(url.search).toBe('?x=1')
        expect(template.match(url.pathname)).toBe(operation.toWellFormed())
      }),
    )
  })

  it('knows its paths', () => {
    expect(template.path).toBe('/v2/callback/{operation}/done')
    expect(template.match('/v2/callback/a/b/done')).toBeUndefined()
    expect(template.match('/v2/callback//done')).toBeUndefined()
    expect(template.match('/v2/callback/%E0%A4%A/done')).toBeUndefined()
    expect(parseTemplate('http://h/fixed').covers('/fixed')).toBe(true)
    expect(parseTemplate('http://h/fixed').expand('x').href).toBe('http://h/fixed')
  })

  it.each([
    'ftp://h/{operation}',
    'no url',
    'http://{operation}/x',
    'http://h/a{operation}',
    'http://h/{operation}/{operation}',
    'http://h/?o={operation}',
  ])('refuses %s', (text) => {
    expect(templateFault(text)).toBeDefined()
  })

  it.each(['http://127.0.0.1:9000/commands/{operation}', 'https://h/callback'])('takes %s', (text) => {
    expect(templateFault(text)).toBeUndefined()
  })
})
