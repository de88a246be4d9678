import type { Clock } from '../clock/clock.ts'

/** How to make something of material that may change on disk, and when to look. */
export interface RenewableOptions<Material, T> {
  /** How old the material may get; 0 or less means that it is read once. */
  readonly intervalMs: number
  readonly clock: Clock
  readonly load: () => Promise<Material>
  readonly same: (before: Material, now: Material) => boolean
  readonly make: (material: Material) => T
  /** Frees what was replaced; requests that use it may still be under way. */
  readonly dispose: (replaced: T) => void
  /** Material could not be read again; what there is goes on serving. */
  readonly onError: (error: unknown) => void
}

/** A value that is replaced when what it was made of has changed. Looks at most once per interval, and only on use. */
export class Renewable<Material, T> {
  readonly #options: RenewableOptions<Material, T>
  #material: Material
  #value: T
  #checkedAt: number

  private constructor(options: RenewableOptions<Material, T>, material: Material) {
    this.#options = options
    this.#material = material
    this.#value = options.make(material)
    this.#checkedAt = options.clock.monotonic()
  }

  /** Loads the material for the first time; rejects if that fails. */
  static async create<Material, T>(options: RenewableOptions<Material, T>): Promise<Renewable<Material, T>> {
    return new Renewable(options, await options.load())
  }

  /** The value as it is; a check that is due happens in the background, so that no request waits for it. */
  current(): T {
    const { intervalMs, clock } = this.#options
    const now = clock.monotonic()
    if (intervalMs > 0 && now - this.#checkedAt >= intervalMs) {
      this.#checkedAt = now
      void this.#renew()
    }
    return this.#value
  }

  async #renew(): Promise<void> {
    const { load, same, make, dispose, onError } = this.#options
    try {
      const material = await load()
      if (same(this.#material, material)) return
      const replaced = this.#value
      this.#value = make(material)
      this.#material = material
      dispose(replaced)
    } catch (error) {
      onError(error)
    }
  }
}
