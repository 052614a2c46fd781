/** @typedef {'default' | 'unit' | 'conformance' | 'e2e' | 'package' | 'system' | 'az' | 'long'} Ring */

/**
 * Projects of vitest.config.ts by the command that runs them: `npm run test:<name>`, and `npm test` for `default`.
 * @satisfies {Record<Ring, string[]>}
 */
export const RINGS = {
  default: ['unit*', 'conformance', 'e2e*', 'after'],
  unit: ['unit*'],
  conformance: ['conformance'],
  e2e: ['e2e*'],
  package: ['package'],
  system: ['system'],
  az: ['az'],
  // With KILLS=all, so that each runs all its trials.
  long: ['unit*', 'conformance', 'e2e*', 'long', 'after'],
};

/**
 * @param {Ring} ring
 * @returns {string[]} the flags with which Vitest runs a ring.
 */
export function flagsOf(ring) {
  return RINGS[ring].map((name) => `--project=${name}`);
}
