import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { whole } from '../../format/numbers.js';
import { Badge, CLIENT_TONES } from '../../parts/badge.js';
import { Go } from '../../parts/link.js';
import { Text } from '../../parts/text.js';
import { Moment } from '../../parts/time.js';
import type { Rotation } from './plan.js';

/** Rows that are in the document at first, and how many more each time that somebody asks. */
const STEP = 50;

/** Clients with the time at which their rotation is due. */
export function RotationList({
  caption,
  rotations,
  now,
}: {
  readonly caption: string;
  readonly rotations: readonly Rotation[];
  readonly now: number;
}): JSX.Element {
  const [count, setCount] = useState(STEP);
  const shown = rotations.slice(0, count);
  return (
    <>
      <div class="scroll">
        <table class="stacked">
          <caption class="unseen">{caption}</caption>
          <thead>
            <tr>
              <th scope="col">Client</th>
              <th scope="col">State</th>
              <th scope="col">Due</th>
              <th scope="col">Begins</th>
              <th scope="col">Expires</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ row, due, begins }) => (
              <tr key={row.key}>
                <th scope="row">
                  <Go to={['clients', row.key]}>
                    <Text of={row.client} />
                  </Go>
                  <div class="quiet">
                    <Text of={`${row.registry} › ${row.connectedRegistry}`} />
                  </div>
                </th>
                <td data-label="State">
                  <Badge tone={CLIENT_TONES[row.state]}>{row.state}</Badge>
                </td>
                <td data-label="Due">
                  <Moment at={row.rotationDueAt} now={now} />
                </td>
                <td data-label="Begins">
                  {begins > due ? (
                    <>
                      <Moment at={new Date(begins).toISOString()} now={now} /> at the earliest, after a freeze
                    </>
                  ) : (
                    <span class="quiet">with the next sweep</span>
                  )}
                </td>
                <td data-label="Expires">
                  <Moment at={row.expiresOn} now={now} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown.length < rotations.length && (
        <p>
          <button type="button" class="button second" onClick={() => setCount(count + STEP)}>
            Show {whole(Math.min(STEP, rotations.length - shown.length))} more of {whole(rotations.length)}
          </button>
        </p>
      )}
    </>
  );
}
