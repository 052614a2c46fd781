import type { CheckFinding, CheckResult, Verdict } from '@connected-registry/protocol/answers/clientAnswers';
import type { JSX } from 'preact';
import { counted, whole } from '../../format/numbers.js';
import { Badge, CLIENT_TONES } from '../../parts/badge.js';
import type { Tone } from '../../parts/bar.js';
import { Card } from '../../parts/card.js';
import { LongText } from '../../parts/longText.js';
import { Code, Text } from '../../parts/text.js';
import { ClientHeading } from '../../parts/clientHeading.js';
import { TextList } from './textList.js';

const VERDICT_TONES: Readonly<Record<Verdict, Tone>> = {
  ...CLIENT_TONES,
  silent: 'warn',
  absent: 'quiet',
  unknown: 'quiet',
};

/** What a check found. */
export function CheckResultCard({ result }: { readonly result: CheckResult }): JSX.Element {
  const { checked, counts, findings, omittedFindings, unused, omittedUnused, warnings } = result;
  return (
    <Card title="Findings" aside={`${counted(checked, 'client')} checked`}>
      <ul class="inline">
        {Object.entries(counts).map(([verdict, count]) => (
          <li key={verdict}>
            <Text of={verdict} /> <strong>{whole(count)}</strong>
          </li>
        ))}
      </ul>
      {findings.length > 0 && <Findings all={findings} />}
      {omittedFindings > 0 && <p class="quiet">{counted(omittedFindings, 'further client')} in the log.</p>}
      <TextList
        title="Seemingly unused"
        of={unused.map(({ kind, registry, name, reason }) => `${kind} ${name} in ${registry}: ${reason}`)}
      />
      {omittedUnused > 0 && <p class="quiet">{whole(omittedUnused)} more are not listed.</p>}
      <TextList
        title="Warnings"
        of={warnings.map(
          ({ registry, connectedRegistry, message, fix }) =>
            `${[registry, connectedRegistry].filter((name) => name !== '').join(' › ')}: ${message} Fix: ${fix}`,
        )}
      />
    </Card>
  );
}

function Findings({ all }: { readonly all: readonly CheckFinding[] }): JSX.Element {
  return (
    <div class="scroll">
      <table class="stacked">
        <caption class="unseen">Findings by client</caption>
        <thead>
          <tr>
            <th scope="col">Client</th>
            <th scope="col">State</th>
            <th scope="col">Differences</th>
            <th scope="col">What to do</th>
          </tr>
        </thead>
        <tbody>
          {all.map(({ registry, connectedRegistry, client, state, differences, fix }) => (
            <tr key={`${registry}/${connectedRegistry}/${client}`}>
              <ClientHeading registry={registry} connectedRegistry={connectedRegistry} client={client} />
              <td data-label="State">
                <Badge tone={VERDICT_TONES[state]}>{state}</Badge>
              </td>
              <td data-label="Differences">
                {differences.length === 0 ? (
                  <span class="quiet">none</span>
                ) : (
                  differences.map(({ code }) => (
                    <div key={code}>
                      <Code of={code} />
                    </div>
                  ))
                )}
              </td>
              <td data-label="What to do" class="why">
                {fix === undefined ? (
                  <span class="quiet">nothing</span>
                ) : (
                  fix.split('\n').map((line) => (
                    <div key={line}>
                      <LongText of={line} />
                    </div>
                  ))
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
