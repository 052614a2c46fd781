import type { SnapshotProblem } from '@connected-registry/protocol/answers/fleetAnswers';
import type { JSX } from 'preact';
import { Text } from '../../parts/text.js';
import { Moment } from '../../parts/time.js';

const WHAT: Readonly<Record<SnapshotProblem['code'], string>> = {
  'clients-not-read': 'Clients and connected registries could not be read again',
  'runs-not-read': 'Runs and rollouts could not be read again',
};

/** Which parts of the overview are older than they should be, and why. */
export function OldParts({
  problems,
  now,
}: {
  readonly problems: readonly SnapshotProblem[];
  readonly now: number;
}): JSX.Element {
  return (
    <>
      {problems.map(({ code, since, message }) => (
        <div key={code} class="notice warn" role="status">
          <strong>{WHAT[code]}</strong> (first failure <Moment at={since} now={now} />
          ). What is shown is from before. <Text of={message} />
        </div>
      ))}
    </>
  );
}
