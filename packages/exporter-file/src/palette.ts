/** Gives text a colour, or leaves it as it is. */
export type Paint = (text: string) => string

/** The colours of the tree. */
export interface Palette {
  readonly faint: Paint
  readonly strong: Paint
  readonly good: Paint
  readonly bad: Paint
  readonly odd: Paint
  readonly reference: Paint
}

/** The palette of a terminal, or one that leaves every text as it is. */
export function palette(color: boolean): Palette {
  const paint =
    (on: number, off: number): Paint =>
    (text) =>
      color ? `\u001B[${on}m${text}\u001B[${off}m` : text
  return {
    faint: paint(2, 22),
    strong: paint(1, 22),
    good: paint(32, 39),
    bad: paint(31, 39),
    odd: paint(33, 39),
    reference: paint(36, 39),
  }
}
