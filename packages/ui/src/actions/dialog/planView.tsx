import type {
  DryRunAnswer,
  PlannedWrite,
  Problem,
  RotationDryRunAnswer,
} from '@connected-registry/protocol/answers/answers';
import type { JSX } from 'preact';
import { Code, Text } from '../../parts/text.js';
import type { Plan } from './action.js';

/** Whether the app would refuse what was planned. What is only unknown does not refuse it. */
export function wouldBeRefused({ answer, isImpossible }: Plan): boolean {
  return isImpossible === true || (answer?.problems ?? []).some(({ unknown }) => unknown !== true);
}

/** What an action would do, before it is confirmed. */
export function PlanView({ plan }: { readonly plan: Plan }): JSX.Element {
  const { sentences, answer } = plan;
  return (
    <section class="plan" aria-label="Plan">
      {sentences.map((sentence) => (
        <p key={sentence}>
          <Text of={sentence} />
        </p>
      ))}
      {answer !== undefined && <DryRun answer={answer} />}
      {answer !== undefined && wouldBeRefused(plan) && (
        <p class="notice bad">
          <strong>The app would refuse this.</strong> Correct the problems above first.
        </p>
      )}
    </section>
  );
}

function DryRun({ answer }: { readonly answer: DryRunAnswer | RotationDryRunAnswer }): JSX.Element {
  const { problems, writes, adopts, vaults = [], warnings = [] } = answer;
  const outages = 'plans' in answer ? answer.plans.flatMap(({ outage }) => outage ?? []) : [];
  return (
    <>
      {problems.length > 0 && (
        <>
          <h3>Problems</h3>
          <ul>
            {problems.map((problem) => (
              <ProblemItem key={`${problem.code} ${problem.message}`} problem={problem} />
            ))}
          </ul>
        </>
      )}
      {outages.map((outage) => (
        <p key={outage} class="notice warn">
          <strong>Outage:</strong> <Text of={outage} />
        </p>
      ))}
      <Warnings of={warnings} />
      {writes.length > 0 ? (
        <>
          <h3>Would change</h3>
          <ol>
            {writes.map((write, index) => (
              <WriteItem key={index} write={write} />
            ))}
          </ol>
        </>
      ) : (
        problems.length === 0 && <p>Nothing would be changed in Azure.</p>
      )}
      {adopts.length > 0 && (
        <>
          <h3>Exists and stays</h3>
          <ul>
            {adopts.map((item) => (
              <li key={item}>
                <Text of={item} />
              </li>
            ))}
          </ul>
        </>
      )}
      {vaults.map(({ client, vault }) => (
        <p key={client} class="quiet">
          Vault: <Code of={vault} />
        </p>
      ))}
    </>
  );
}

/** Risks that do not refuse anything. */
export function Warnings({ of }: { readonly of: NonNullable<DryRunAnswer['warnings']> }): JSX.Element {
  return (
    <>
      {of.map(({ code, message, fix }) => (
        <p key={`${code} ${message}`} class="notice warn">
          <Text of={message} /> <Text of={fix} />
        </p>
      ))}
    </>
  );
}

function ProblemItem({ problem: { code, field, message, fix, unknown } }: { readonly problem: Problem }): JSX.Element {
  return (
    <li>
      <Code of={field === undefined ? code : `${field}, ${code}`} />
      {unknown === true && ' (unknown)'}: <Text of={message} />
      <div class="quiet">
        <Text of={fix} />
      </div>
    </li>
  );
}

function WriteItem({ write: { step, action, resource } }: { readonly write: PlannedWrite }): JSX.Element {
  return (
    <li>
      <Text of={action} /> <Code of={resource} /> <span class="quiet">({step})</span>
    </li>
  );
}
