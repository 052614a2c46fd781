import type { AbsentClient, ClientView, Difference } from '@connected-registry/protocol/answers/clientAnswers';
import type { InventoryRow } from '@connected-registry/protocol/answers/fleetAnswers';
import type { JSX } from 'preact';
import { Badge, CLIENT_TONES } from '../../parts/badge.js';
import { Card } from '../../parts/card.js';
import { Go } from '../../parts/link.js';
import { Code } from '../../parts/text.js';
import { STATE_MEANINGS } from '../clients/clientStates.js';
import { DIFFERENCE_TEXTS, STATE_ADVICE } from './differenceTexts.js';
import { LifeBar } from './lifeBar.js';

interface Props {
  readonly row?: InventoryRow | undefined;
  readonly client?: ClientView | undefined;
  readonly now: number;
}

/**
 * State, what differs and what to do about it, and the credential's life. What was read for this view counts before the
 * inventory.
 */
export function StateCard({ row, client, now }: Props): JSX.Element | null {
  const known = client ?? row;
  if (known === undefined) return null;
  const { state } = known;
  // The row alone has only the codes.
  const differences: readonly Difference[] = client?.differences ?? row?.differences.map((code) => ({ code })) ?? [];
  return (
    <Card title="State" aside={<Badge tone={CLIENT_TONES[state]}>{state}</Badge>}>
      <p>
        {capital(STATE_MEANINGS[state])}. {differences.length === 0 && STATE_ADVICE[state]}
      </p>
      {client?.running !== undefined && <RunningNow operation={client.running} />}
      {differences.length > 0 && <Differences all={differences} />}
      <h3>
        Life of the credential in <Code of={known.slot} />
      </h3>
      <LifeBar dates={datesOf(row, client, known)} now={now} />
    </Card>
  );
}

/** The row knows more dates, the client's own answer is the later one. */
function datesOf(row: InventoryRow | undefined, client: ClientView | undefined, known: InventoryRow | ClientView) {
  const isSame = row !== undefined && row.issuedAt === known.issuedAt;
  const verifiedAt = client?.pull?.verifiedAt ?? row?.verifiedAt;
  return {
    issuedAt: known.issuedAt,
    expiresOn: known.expiresOn,
    ...(verifiedAt === undefined ? {} : { verifiedAt }),
    ...(isSame ? { rotationDueAt: row.rotationDueAt } : {}),
    ...(row?.revokes === undefined ? {} : { revokes: row.revokes }),
  };
}

/** The state of a client without a credential. */
export function AbsentCard({ client: { state, running } }: { readonly client: AbsentClient }): JSX.Element {
  return (
    <Card title="State" aside={<Badge tone="quiet">{state}</Badge>}>
      <p>The vault has no credential of it. {STATE_ADVICE.absent}</p>
      {running !== undefined && <RunningNow operation={running} />}
    </Card>
  );
}

/** The state of a client that the app does not know. */
export function UnknownCard(): JSX.Element {
  return (
    <Card title="State" aside={<Badge tone="quiet">absent</Badge>}>
      <p>
        The vault has no credential of it, and no join token, device key or poller of it is on record. Its operations
        below show whether an onboarding was attempted, and how it ended.
      </p>
    </Card>
  );
}

function RunningNow({ operation }: { readonly operation: string }): JSX.Element {
  return (
    <p>
      <Badge tone="busy">running</Badge> <Go to={['operations', operation]}>The operation in progress</Go>
    </p>
  );
}

function Differences({ all }: { readonly all: readonly Difference[] }): JSX.Element {
  return (
    <div class="scroll">
      <table class="stacked">
        <caption class="unseen">What differs from what was set</caption>
        <thead>
          <tr>
            <th scope="col">Difference</th>
            <th scope="col">Expected</th>
            <th scope="col">Found</th>
            <th scope="col">What to do</th>
          </tr>
        </thead>
        <tbody>
          {all.map(({ code, expected, found, assignment }) => (
            <tr key={`${code} ${expected} ${found} ${assignment}`}>
              <th scope="row">
                {DIFFERENCE_TEXTS[code].meaning}
                <div class="quiet">
                  <Code of={code} />
                </div>
              </th>
              <Value label="Expected" of={expected} />
              <Value label="Found" of={found ?? assignment} />
              <td data-label="What to do" class="why">
                {DIFFERENCE_TEXTS[code].advice}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Value({ label, of }: { readonly label: string; readonly of: string | undefined }): JSX.Element {
  return <td data-label={label}>{of === undefined ? <span class="quiet">unknown</span> : <Code of={of} />}</td>;
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
