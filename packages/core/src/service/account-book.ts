import { accountMetrics } from '../telemetry/account-metrics.ts'
import { Account, type AccountOwner, type AccountReading } from '../telemetry/accounting.ts'
import type { OwnTelemetry } from './own-telemetry.ts'

/** The accounts of all components of a collector, by what they are in the graph. */
export class AccountBook {
  readonly #telemetry: Pick<OwnTelemetry, 'metrics' | 'instruments'>
  readonly #accounts = new Map<string, Account>()

  constructor(telemetry: Pick<OwnTelemetry, 'metrics' | 'instruments'>) {
    this.#telemetry = telemetry
  }

  /** The account of a component, which goes on as long as it has one instance after the other. */
  of(key: string, owner: AccountOwner): Account {
    const known = this.#accounts.get(key)
    if (known !== undefined) return known
    const { metrics, instruments } = this.#telemetry
    const account = new Account(owner, accountMetrics(owner, metrics.meter, instruments))
    this.#accounts.set(key, account)
    return account
  }

  /** Closes the accounts of all but these components. */
  keepOnly(keys: { has(key: string): boolean }): void {
    for (const [key, account] of this.#accounts) {
      if (keys.has(key)) continue
      account.close()
      this.#accounts.delete(key)
    }
  }

  read(keys: Iterable<string>): readonly AccountReading[] {
    return [...keys].flatMap((key) => this.#accounts.get(key)?.read() ?? [])
  }
}
