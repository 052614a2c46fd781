import type { AbsentClient, ClientReach } from '@connected-registry/protocol/answers/clientAnswers';
import type { JSX } from 'preact';
import { Card } from '../../parts/card.js';
import { Facts, type Fact } from '../../parts/facts.js';
import { Code } from '../../parts/text.js';
import { Moment } from '../../parts/time.js';

type Reach = ClientReach | AbsentClient['reach'];

const KINDS: Readonly<Record<Reach['kind'], string>> = {
  joined: 'It has keys of its own and asks the app for its messages.',
  hub: 'Through its IoT Hub, sealed to keys that the device reports there.',
  poll: 'It asks the app for its messages, with an identity in Entra.',
  eventGrid: 'Through the Event Grid topic for signals.',
  iotHub: 'Through its IoT Hub.',
  unknown: 'Unknown: no device has joined, and no poller is on record.',
};

/** How the device is reached: its channel, its keys, its join token and its poller. */
export function DeviceCard({ reach, now }: { readonly reach: Reach | undefined; readonly now: number }): JSX.Element {
  if (reach === undefined)
    return (
      <Card title="Device">
        <p class="quiet">How it is reached is unknown.</p>
      </Card>
    );
  const { kind, thumbprint, joinedAt, keysSince, lastContactAt, enrolment, poller } = reach;
  const moment = (name: string, at: string | undefined): Fact => [
    name,
    at === undefined ? undefined : <Moment at={at} now={now} />,
  ];
  const hasKeys = kind === 'joined' || kind === 'hub';
  return (
    <Card title="Device" aside={<Code of={kind} />}>
      <p>{KINDS[kind]}</p>
      <Facts
        of={[
          [
            'Signing key',
            thumbprint === undefined ? hasKeys ? 'none reported yet' : undefined : <Code of={thumbprint} />,
          ],
          moment('Joined', joinedAt),
          moment('Present keys since', keysSince),
          ['Last request', contact(lastContactAt, now, kind === 'joined')],
          [
            'Join token',
            enrolment && (
              <>
                {enrolment.state}
                {enrolment.state === 'open' && ', expires'}
                {enrolment.state !== 'used' && (
                  <>
                    {' '}
                    <Moment at={enrolment.expiresAt} now={now} />
                  </>
                )}
              </>
            ),
          ],
          ['Poller', poller && <Code of={poller.objectId} />],
          moment('Poller since', poller?.since),
          ['Last poll', contact(poller?.lastContactAt, now, poller !== undefined)],
        ]}
      />
    </Card>
  );
}

/** Contacts are recorded to within an hour. */
function contact(at: string | undefined, now: number, isExpected: boolean): JSX.Element | string | undefined {
  if (at === undefined) return isExpected ? 'none on record' : undefined;
  return (
    <>
      <Moment at={at} now={now} /> <span class="quiet">(to within an hour)</span>
    </>
  );
}
