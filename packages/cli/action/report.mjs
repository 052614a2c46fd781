// Writes what crctl has printed as Markdown: to the summary of the job, and as the output `markdown`. The text comes
// from the fleet file of a pull request and from the service, so it is shown as code, in which no name is a link, a
// mention, an image or HTML.
import { randomUUID } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';

/** Bytes of text in a comment: GitHub takes 65,536 characters. */
const COMMENT_BYTES = 60_000;
/** Bytes of text in a summary: GitHub takes 1 MiB for a step. */
const SUMMARY_BYTES = 900_000;

// What action.yml or the runner sets. The name of no file fails as that of a missing file does.
const { COMMAND = '', CODE = '', DATA = '', WORDS = '', GITHUB_STEP_SUMMARY = '', GITHUB_OUTPUT = '' } = process.env;

/** @type {Readonly<Record<string, string>>} */
const PLAN_TITLES = { 0: 'no changes', 2: 'there are changes' };
/** @type {Readonly<Record<string, string>>} */
const APPLY_TITLES = { 0: 'carried out', 5: 'not finished in time; the app continues' };

/**
 * @param {string} command plan or apply
 * @param {string} code of crctl
 */
function title(command, code) {
  return (command === 'plan' ? PLAN_TITLES : APPLY_TITLES)[code] ?? 'failed';
}

/** The longest run of backticks that is shown: the fence is longer, and has to fit into the comment as well. */
const MAX_RUN = 20;

/**
 * Control characters could end a line, and with it the block of code, where nobody sees it.
 *
 * @param {string} text
 */
function plain(text) {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(/(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}]/gu, '\ufffd')
    .replaceAll(/`+/g, (run) => (run.length > MAX_RUN ? `${run.slice(0, MAX_RUN)}…` : run));
}

/**
 * Whole lines of a text, as many as fit.
 *
 * @param {string} text
 * @param {number} bytes
 */
function cut(text, bytes) {
  const lines = text.trimEnd().split('\n');
  const kept = [];
  let room = bytes;
  for (const line of lines) {
    room -= Buffer.byteLength(line) + 1;
    if (room < 0) break;
    kept.push(line);
  }
  return { kept, all: lines.length };
}

/**
 * @param {string} text
 * @param {number} bytes that the text may have
 */
function markdown(text, bytes) {
  const { kept, all } = cut(text, bytes);
  // A fence ends at a line with as many backticks.
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const missing = kept.length < all ? `\nThe first ${kept.length} of ${all} lines; the log of the job has all.\n` : '';
  return `### crctl ${COMMAND}: ${title(COMMAND, CODE)}\n\n${fence}text\n${kept.join('\n')}\n${fence}\n${missing}`;
}

const isPlan = COMMAND === 'plan' && ['0', '2'].includes(CODE);
// Of a plan, the words say only how to carry it out on this machine.
const parts = isPlan ? [DATA] : [DATA, WORDS];
const text = plain(
  parts
    .map((file) => readFileSync(file, 'utf8').trimEnd())
    .filter((part) => part !== '')
    .join('\n\n'),
);
appendFileSync(GITHUB_STEP_SUMMARY, markdown(text, SUMMARY_BYTES));
// A line of the text that equals the delimiter would end the output, and what follows would be outputs.
const delimiter = `end-${randomUUID()}`;
appendFileSync(GITHUB_OUTPUT, `markdown<<${delimiter}\n${markdown(text, COMMENT_BYTES).trimEnd()}\n${delimiter}\n`);
