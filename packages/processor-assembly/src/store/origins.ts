import { Envelope, Resource, Scope } from '@spanloom/core/traces'

/** Where fragments come from. */
export interface Origin {
  readonly text: string
  readonly resource: Resource
  readonly scope: Scope
  uses: number
}

/** Resources with scopes, each kept once however many fragments share it. */
export class Origins {
  readonly #list: (Origin | undefined)[] = []
  readonly #free: number[] = []
  readonly #byText = new Map<string, number>()
  #lastResource: Resource | undefined
  #lastScope: Scope | undefined
  #last: number = 0

  get(number: number): Origin {
    const origin = this.#list[number]
    if (origin === undefined) throw new RangeError('The origin does not exist.')
    return origin
  }

  use(resource: Resource, scope: Scope): number {
    if (resource !== this.#lastResource || scope !== this.#lastScope) {
      if (!this.#isLast(resource, scope)) this.#last = this.#find(resource, scope)
      this.#lastResource = resource
      this.#lastScope = scope
    }
    this.get(this.#last).uses++
    return this.#last
  }

  leave(number: number): void {
    const origin = this.get(number)
    if (--origin.uses > 0) return
    this.#byText.delete(origin.text)
    this.#list[number] = undefined
    this.#free.push(number)
    if (number === this.#last) this.#lastResource = undefined
  }

  /** One sender's batches have objects of their own, but mostly the same bytes. */
  #isLast(resource: Resource, scope: Scope): boolean {
    const last = this.#list[this.#last]
    return last !== undefined && last.resource.equals(resource) && last.scope.equals(scope)
  }

  #find(resource: Resource, scope: Scope): number {
    const outer = resource.envelope.bytes
    const inner = scope.envelope.bytes
    const text = `${outer.length} ${outer.toString('latin1')}${inner.toString('latin1')}`
    const known = this.#byText.get(text)
    if (known !== undefined) return known
    const number = this.#free.pop() ?? this.#list.length
    this.#list[number] = {
      text,
      // Copies: the originals are views of whole requests, which they would keep alive.
      resource: new Resource(new Envelope(Buffer.from(outer))),
      scope: new Scope(new Envelope(Buffer.from(inner))),
      uses: 0,
    }
    this.#byText.set(text, number)
    return number
  }
}
