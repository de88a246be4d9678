/** The tenants of the connections that there are. */
export class Tenants {
  readonly #connections = new Map<string, number>()

  add(tenant: string): void {
    this.#connections.set(tenant, (this.#connections.get(tenant) ?? 0) + 1)
  }

  /** A connection is gone. The last tenant is remembered, because answers outlive connections. */
  remove(tenant: string): void {
    const left = (this.#connections.get(tenant) ?? 0) - 1
    if (left > 0 || this.#connections.size === 1) this.#connections.set(tenant, Math.max(0, left))
    else this.#connections.delete(tenant)
  }

  has(tenant: string): boolean {
    return this.#connections.has(tenant)
  }

  /** The tenant, if there is but one. */
  only(): string | undefined {
    const [first] = this.#connections.keys()
    return this.#connections.size === 1 ? first : undefined
  }
}
