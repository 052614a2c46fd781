/** What a shell, Node (`--env-file`) and podman (`--env-file`) read without quotes alike. */
const PLAIN = /^[\w./:@%+=,-]*$/;

/**
 * An environment as lines `NAME=value`, which `. FILE` of a shell, `node --env-file` and scripts/withEnvironment.mjs read. Quotes stand
 * only where a value needs them, since container engines take them for a part of it.
 *
 * @throws for a value that not all of them can read.
 */
export function environmentFile(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => {
      if (/['\r\n]/.test(value)) throw new Error(`The value of ${name} holds a quote or a line break`);
      return `${name}=${PLAIN.test(value) ? value : `'${value}'`}`;
    })
    .join('\n');
}
