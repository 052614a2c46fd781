// The files from the route POST /api/onboardings to the call of Azure Resource Manager, and whether they are linked.

/** The document that has the chain. */
export const DOCUMENT = 'docs/architecture.md';

/** The heading of its section. */
const HEADING = /^Onboard by HTTP$|\brequest\b.*\bto\b.*\bARM\b/i;

/** The chain of a revision whose document has none. */
const FILES = [
  'src/index.ts',
  'src/triggers/http/routes/onboardings.ts',
  'src/triggers/durable/durableRuns.ts',
  'src/triggers/durable/startRun.ts',
  'src/orchestrations/onboard.ts',
  'src/orchestrations/run/runContext.ts',
  'src/activities/onboarding/ensureToken.ts',
  'src/ports/registryControlPlane.ts',
  'src/azure/arm/armTokens.ts',
  'src/azure/arm/armCalls.ts',
];

/** Files that give others the name by which they are called: functions of the engine, activities and ports. */
const REGISTRARS = ['src/index.ts', 'src/activities/activities.ts', 'src/ports/ports.ts'];

/**
 * Finds the chain: the first `src/...` path of each numbered item in the document's section.
 *
 * @param {string} document the text of {@link DOCUMENT}; empty when there is none.
 * @returns {string[]} paths in the order of the calls.
 */
export function chainOf(document) {
  const sections = document.split(/^#+ /m);
  const section = sections.find((text) => HEADING.test(text.split('\n', 1)[0] ?? ''));
  const named = (section ?? '').matchAll(/^\s*\d+\.\s[^\n]*?`(?<path>src\/[^`]+\.ts)`/gm);
  const found = [...named].flatMap(({ groups }) => groups?.['path'] ?? []);
  return found.length > 1 ? found : FILES;
}

/**
 * Checks that each file leads to the next one: it imports it, the next one implements what it declares (and imports it
 * therefore), or a registrar imports it.
 *
 * @param {string[]} chain
 * @param {Map<string, string[]>} graph the imports of each file.
 * @returns {string[]} what is wrong, a sentence for each link.
 */
export function brokenLinks(chain, graph) {
  const missing = chain.filter((path) => !graph.has(path));
  if (missing.length > 0) return missing.map((path) => `${path} does not exist.`);
  /**
   * @param {string} from
   * @param {string} to
   */
  const has = (from, to) => graph.get(from)?.includes(to) === true;
  return chain.slice(1).flatMap((path, nth) => {
    const before = chain[nth] ?? '';
    const isLinked = has(before, path) || has(path, before) || REGISTRARS.some((registrar) => has(registrar, path));
    return isLinked ? [] : [`${before} does not lead to ${path}: neither imports the other, and nothing registers it.`];
  });
}
