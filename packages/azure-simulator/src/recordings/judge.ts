import { compare, type Difference } from './compare.js';
import type { Names } from './names.js';
import { addressIn, isPoll, type Exchange } from './recording.js';
import type { ReplayedAnswer } from './send.js';

/** Headers that are compared if both answers have them; one of the recorders dropped Retry-After. */
const COMPARED = ['content-type', 'etag', 'www-authenticate', 'retry-after'];

/**
 * Compares an answer with the recorded one.
 * @param found its body, parsed if it is JSON
 */
export function judge(names: Names, recorded: Exchange, answer: ReplayedAnswer, found: unknown): Difference[] {
  const differences: Difference[] = [];
  const report = (kind: Difference['kind'], path: string, detail: string): void =>
    void differences.push({ kind, path, detail });
  if (answer.status !== recorded.status) report('status', '', `${recorded.status} recorded, ${answer.status} here`);
  judgeFollowing(recorded, answer, report);
  for (const name of ['location', 'azure-asyncoperation']) {
    const was = addressIn(recorded, name);
    const is = answer.headers[name];
    if (!was || is === undefined) continue;
    const { pathname, searchParams } = new URL(is);
    if (names.match(was.path, decodeURI(pathname)).includes('value')) report('header', name, 'another form here');
    if (searchParams.get('api-version') !== was.apiVersion) report('header', `${name} api-version`, 'differs');
    const keys = [...searchParams.keys()].toSorted().join();
    if (keys !== was.queryKeys.toSorted().join())
      report('minor', `${name} query`, `${was.queryKeys.join()} recorded, ${keys} here`);
  }
  for (const name of COMPARED) judgeHeader(names, name, recorded, answer, report);
  const versions = 'api-supported-versions';
  if ((recorded.headers[versions] === undefined) !== (answer.headers[versions] === undefined))
    report('minor', versions, recorded.headers[versions] === undefined ? 'absent in the recording' : 'absent here');
  judgeBody(names, recorded, answer, found, report);
  return differences;
}

type Report = (kind: Difference['kind'], path: string, detail: string) => void;

function judgeFollowing(recorded: Exchange, answer: ReplayedAnswer, report: Report): void {
  const completion = (asynchronous: unknown, location: unknown): string =>
    asynchronous !== undefined ? 'Azure-AsyncOperation' : location !== undefined ? 'Location' : 'none';
  const was = completion(recorded.headers['azure-asyncoperation'], recorded.headers['location']);
  const is = completion(answer.headers['azure-asyncoperation'], answer.headers['location']);
  if (was !== is) report(isPoll(recorded) ? 'minor' : 'follow', '', `${was} recorded, ${is} here`);
}

function judgeHeader(names: Names, name: string, recorded: Exchange, answer: ReplayedAnswer, report: Report): void {
  const was = recorded.headers[name];
  const is = answer.headers[name];
  if (was === undefined && (name === 'retry-after' || is === undefined)) return;
  if (typeof was !== 'string') report('header', name, `absent in the recording, ${is ?? ''} here`);
  else if (is === undefined) report('header', name, `${was} recorded, absent here`);
  else if (name !== 'etag' && names.match(was, is).includes('value'))
    report('header', name, `${was} recorded, ${is} here`);
}

function judgeBody(names: Names, recorded: Exchange, answer: ReplayedAnswer, found: unknown, report: Report): void {
  const { response, status } = recorded;
  if (answer.status >= 400 !== status >= 400) return report('value', 'error.code', 'an error in one of them only');
  if (response === '' || answer.text === '') {
    if ((response === '') !== (answer.text === '')) report('body', '', `${response === '' ? 'none' : 'one'} recorded`);
    return;
  }
  // A page with one item: which one depends on the order of random ids.
  if (recorded.query?.['maxresults'] === '1') return;
  const isByChance = recorded.path.endsWith('/versions');
  compare(names, response, found, '', (kind, path, detail) => {
    if (!(kind === 'order' && isByChance)) report(kind, path, detail);
  });
}

export type Outcome = 'equal' | 'other shape' | 'different' | 'not sent';

/**
 * `different` means different for a client: status, header of the operation to poll, states, codes, waits, and whether
 * times change.
 */
export function outcomeOf(differences: readonly Difference[]): Outcome {
  const counted = differences.filter(({ kind }) => kind !== 'minor');
  if (counted.length === 0) return 'equal';
  const isBehaviour = ({ kind, path, detail }: Difference): boolean =>
    kind === 'status' ||
    kind === 'follow' ||
    path === 'retry-after' ||
    /unchanged time|a new time/.test(detail) ||
    (kind === 'value' && /(^|\.)(provisioningState|status|code)$/.test(path));
  return counted.some(isBehaviour) ? 'different' : 'other shape';
}
