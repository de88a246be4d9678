import type { Attributes, WireWriter } from '@spanloom/core'

import type { Command } from '../tracking/command.ts'
import type { CommandEnd } from './command-span.ts'
import { Stencil } from './stencil.ts'

/** Stencils by operation. */
type Drawer = Map<string, Stencil[]>

/** Stencils that are kept; beyond it, operations are probably no operations, and one begins anew. */
const mostKept = 2048
/** Of one operation, which differ in the lengths of ids. */
const mostForms = 16

/**
 * Writes the spans of commands, tens of thousands a second, by stencils that it makes as it needs them: one for each
 * kind of connection, operation, outcome and length of ids.
 */
export class Stencils {
  #drawers = new WeakMap<Attributes, Drawer>()
  #kept = 0
  // The connection of the last command is usually that of the next.
  #attributes: Attributes | undefined
  #drawer: Drawer = new Map()

  /** Writes the span of a command with its tag; false, and nothing is written, where its span is too unusual. */
  write(writer: WireWriter, command: Command, end: CommandEnd): boolean {
    if (!Stencil.covers(command)) return false
    const { operation, origin } = command
    if (this.#attributes !== origin.attributes || this.#kept >= mostKept) this.#open(origin.attributes)
    const stencils = this.#drawer.get(operation) ?? []
    for (let index = 0; index < stencils.length; index++) {
      const stencil = stencils[index]
      if (stencil?.fits(command, end.errorType) === true) return stencil.write(writer, command, end.at)
    }
    const stencil = Stencil.of(command, end)
    if (stencil === undefined) return false
    if (stencils.length >= mostForms) stencils.length = 0
    stencils.push(stencil)
    this.#drawer.set(operation, stencils)
    this.#kept++
    return stencil.write(writer, command, end.at)
  }

  #open(attributes: Attributes): void {
    if (this.#kept >= mostKept) {
      this.#drawers = new WeakMap()
      this.#kept = 0
    }
    this.#attributes = attributes
    this.#drawer = this.#drawers.get(attributes) ?? new Map()
    this.#drawers.set(attributes, this.#drawer)
  }
}
