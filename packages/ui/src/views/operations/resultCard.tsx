import type { OperationResult } from '@connected-registry/protocol/answers/answers';
import type { JSX } from 'preact';
import { counted, whole } from '../../format/numbers.js';
import { Card } from '../../parts/card.js';
import { Facts, type Fact } from '../../parts/facts.js';
import { LongText } from '../../parts/longText.js';
import { Code } from '../../parts/text.js';
import { Moment } from '../../parts/time.js';
import { CheckResultCard } from './checkResultCard.js';
import { TextList } from './textList.js';

/** What a completed operation did; each kind has fields of its own. */
export function ResultCard({ result, now }: { readonly result: OperationResult; readonly now: number }): JSX.Element {
  if ('checked' in result) return <CheckResultCard result={result} />;
  if ('removed' in result)
    return (
      <Card title="Result" aside={changeText(result.changed, 'nothing remained')}>
        <TextList title="Removed" of={result.removed} />
        <TextList title="Kept on purpose" of={result.kept} />
      </Card>
    );
  if ('edge' in result) {
    const { edge, disabled, kept = [], changed, revokedAt } = result;
    return (
      <Card title="Result" aside={changeText(changed, 'everything was disabled before')}>
        <p>
          <LongText of={edge.message} />
        </p>
        <Facts
          of={[
            ['Revoked', <Moment at={revokedAt} now={now} />],
            ['Connected registry', <Code of={edge.connectedRegistry} />],
            ['Sync schedule', edge.schedule && <Code of={edge.schedule} />],
            moment('Last sync', edge.lastSyncTime, now),
            moment('Next sync', edge.nextSyncTime, now),
          ]}
        />
        <TextList title="Disabled" of={disabled} />
        <TextList title="Kept on purpose" of={kept} />
      </Card>
    );
  }
  const { token, connectedRegistry, secret, pull, vault } = result;
  const revokes = 'revokes' in result ? result.revokes : undefined;
  return (
    <Card
      title="Result"
      {...('changed' in result ? { aside: changeText(result.changed, 'all was as requested') } : {})}
    >
      <Facts
        of={[
          ['Scope map', 'scopeMap' in result ? <Code of={result.scopeMap} /> : undefined],
          ['Token', <Code of={token} />],
          ['Bound to', <Code of={connectedRegistry} />],
          ['Secret', <Code of={secret.name} />],
          ['Version', <Code of={secret.version} />],
          ['Password slot', <Code of={secret.slot} />],
          ['Vault', vault && <Code of={vault} />],
          moment('Expires', secret.expiresOn, now),
          [
            'Pull check',
            <>
              <Code of={pull.image} /> <Moment at={pull.verifiedAt} now={now} />, {counted(pull.bytes, 'byte')} in{' '}
              {whole(pull.milliseconds)} ms
              <div class="quiet">
                <Code of={pull.digest} />
              </div>
            </>,
          ],
          [
            'Previous password',
            revokes && (
              <>
                <Code of={revokes.slot} />, revoked <Moment at={revokes.from} now={now} /> or once the device has
                acknowledged
              </>
            ),
          ],
        ]}
      />
    </Card>
  );
}

function moment(name: string, at: string | undefined, now: number): Fact {
  return [name, at === undefined ? undefined : <Moment at={at} now={now} />];
}

function changeText(changed: boolean, otherwise: string): string {
  return changed ? 'changed' : `not changed: ${otherwise}`;
}
