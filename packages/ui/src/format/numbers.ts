/** `12,345`. */
export function whole(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 client`, `12 clients`. @param many if it is not `one` with an s */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : many}`;
}
