/** `1 client`, `2 clients`: nouns that take an s. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `1 client was`, `2 clients were`. */
export function countedWas(count: number, noun: string): string {
  return `${counted(count, noun)} ${count === 1 ? 'was' : 'were'}`;
}
