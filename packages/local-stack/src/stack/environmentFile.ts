/** Values that a shell, Node (`--env-file`) and podman (`--env-file`) read the same without quotes. */
const PLAIN = /^[\w./:@%+=,-]*$/;

/**
 * An environment as lines `NAME=value`, which a shell's `. FILE`, `node --env-file` and scripts/withEnvironment.mjs can
 * read. Only values that need quotes have them, because container engines would take quotes as part of a value.
 *
 * @throws for a value that not all of them can read
 */
export function environmentFile(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => {
      if (/['\r\n]/.test(value)) throw new Error(`The value of ${name} contains a quote or a line break`);
      return `${name}=${PLAIN.test(value) ? value : `'${value}'`}`;
    })
    .join('\n');
}
