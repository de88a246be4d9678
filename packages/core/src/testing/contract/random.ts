/** A function that returns numbers from 0 up to 1: equal seeds give equal rows of numbers. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    // A Weyl sequence whose terms are mixed until neighbours look unrelated.
    state = (state + 0x9e3779b9) >>> 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32
  }
}
