// `node scripts/tests/sumTests.mjs FOLDER`: one line `N passed, N failed` over the JSON reports of Vitest in FOLDER. A
// test that ran in several runs counts once, as failed if it failed in any. Skipped ones are neither. A test file that
// could not be loaded counts as one failed. Exit code 1 when something failed or nothing ran.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {{ fullName: string, status: string }} TestResult
 * @typedef {{ testResults: { name: string, status: string, assertionResults: TestResult[] }[] }} Report of Vitest, as
 * JSON
 */

const folder = process.argv[2] ?? '';
/** @type {Map<string, boolean>} */
const outcomes = new Map();
/**
 * @param {string} id
 * @param {boolean} failed
 */
const note = (id, failed) => outcomes.set(id, failed || outcomes.get(id) === true);

const reports = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
for (const name of reports) {
  /** @type {Report} */
  const report = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  for (const file of report.testResults) {
    const ran = file.assertionResults.filter(({ status }) => status === 'passed' || status === 'failed');
    /** @type {Map<string, number>} */
    const namesakes = new Map();
    for (const { fullName, status } of ran) {
      const nth = (namesakes.get(fullName) ?? 0) + 1;
      namesakes.set(fullName, nth);
      note(`${file.name} ${fullName} ${nth}`, status === 'failed');
    }
    if (file.status === 'failed' && !ran.some(({ status }) => status === 'failed')) note(file.name, true);
  }
}

const failed = [...outcomes.values()].filter(Boolean).length;
console.log(`tests: ${outcomes.size - failed} passed, ${failed} failed`);
if (failed > 0 || outcomes.size === 0) process.exitCode = 1;
