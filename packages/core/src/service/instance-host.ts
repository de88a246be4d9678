import type { ComponentKind, Host } from '../component/component.ts'
import type { Extension } from '../component/extension.ts'
import type { ListeningSockets } from '../component/listening-sockets.ts'
import type { Tenant } from '../net/acceptor.ts'
import type { Acceptors } from '../net/acceptors.ts'

/** What one instance asks of the collector. It remembers the questions, so that a reload knows who needs what. */
export class InstanceHost implements Host, Tenant {
  readonly name: string
  readonly sockets: ListeningSockets
  /** Ids of the extensions that the instance asked for, whether they were there or not. */
  readonly used: Set<string> = new Set()
  /** Whether the instance listens through the collector's sockets. */
  listens: boolean = false
  /** Whether a storage was among the extensions that it asked for. */
  stores: boolean = false
  leaving: boolean = false
  #find: (id: string) => Extension | undefined

  constructor(
    kind: ComponentKind,
    id: string,
    find: (id: string) => Extension | undefined,
    acceptors: Acceptors,
  ) {
    this.name = `${kind}:${id}`
    this.#find = find
    const sockets = acceptors.for(this)
    this.sockets = {
      claim: (where, owner) => {
        this.listens = true
        return sockets.claim(where, owner)
      },
    }
  }

  extension(id: string): Extension | undefined {
    this.used.add(id)
    const extension = this.#find(id)
    if (extension?.storage !== undefined) this.stores = true
    return extension
  }

  /** Other extensions run from now on; those that the instance has asked for so far are the same. */
  movedTo(find: (id: string) => Extension | undefined): void {
    this.#find = find
  }
}
