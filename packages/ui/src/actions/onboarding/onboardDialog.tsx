import type { DryRunAnswer, RunningOperation } from '@connected-registry/protocol/answers/answers';
import type { Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Api } from '../../data/api.js';
import { EVERY, usePolled } from '../../layout/services.js';
import { FaultText } from '../../parts/fault.js';
import { CloseButton, mayConfirm, Progress } from '../dialog/actionDialog.js';
import type { Action, Outcome, Plan } from '../dialog/action.js';
import { dryRunOf, startedOf } from '../dialog/answers.js';
import { Modal } from '../dialog/modal.js';
import { useStage } from '../dialog/stage.js';
import { mayBeTaken } from '../dialog/taken.js';
import { fieldFaults } from './fieldFaults.js';
import { FormInput } from './formInput.js';
import { MAIN_FIELDS, MORE_FIELDS, onboardingBody, type FormField, type Given } from './onboardFields.js';

/** Onboards a client: fields, then the plan, then the run. A change of a field makes the plan void. */
export function OnboardDialog({ onClosed }: { readonly onClosed: () => void }): JSX.Element {
  const { value: overview } = usePolled<Overview>('overview', {}, EVERY.live);
  const { stage, makePlan, carryOut, reset } = useStage();
  const [given, setGiven] = useState<Given>(new Map());
  const form = useRef<HTMLFormElement>(null);
  const isSending = stage.kind === 'sending';
  const isDone = stage.kind === 'done';
  const fault = stage.kind === 'unplanned' || stage.kind === 'failed' ? stage.fault : undefined;
  const { byField, rest } = fault === undefined ? NO_FAULTS : fieldFaults(fault);
  const isRefused = byField.size > 0 && fault !== undefined && !mayBeTaken(fault);

  useEffect(() => {
    if (byField.size > 0) form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus();
    else if (isDone || stage.kind === 'planned') form.current?.querySelector<HTMLElement>('.buttons button')?.focus();
  }, [stage.kind]);

  const input = (field: FormField) => (
    <FormInput
      key={field.id}
      field={field}
      value={given.get(field.id) ?? ''}
      errors={byField.get(field.id) ?? []}
      suggestions={suggestionsFor(field.id, overview)}
      isOff={isSending}
      onValue={(value) => {
        setGiven(new Map(given).set(field.id, value));
        reset();
      }}
    />
  );
  return (
    <Modal title="Onboard a client" isBusy={isSending} onClosed={onClosed}>
      <form
        ref={form}
        method="dialog"
        onSubmit={(event) => {
          if (isDone) return;
          event.preventDefault();
          if (mayConfirm(stage)) carryOut(start);
          else makePlan((api) => planOf(api, given));
        }}
      >
        {!isDone && (
          <>
            {MAIN_FIELDS.map(input)}
            <details open={MORE_FIELDS.some(({ id }) => byField.has(id))}>
              <summary>More fields</summary>
              {MORE_FIELDS.map(input)}
            </details>
          </>
        )}
        {isRefused ? (
          <div class="notice bad" role="alert">
            <FaultText fault={rest} />
            <p>The faults are at their fields, each with its fix.</p>
          </div>
        ) : (
          <Progress stage={stage} look={LOOK} />
        )}
        <div class="buttons">
          {isDone ? (
            <button type="submit" class="button second">
              Close
            </button>
          ) : (
            <>
              <button type="submit" class="button" disabled={isSending || stage.kind === 'planning'}>
                {isSending
                  ? 'Sending …'
                  : mayConfirm(stage)
                    ? stage.kind === 'failed'
                      ? 'Onboard again'
                      : 'Onboard'
                    : 'Show the plan'}
              </button>
              <CloseButton isOff={isSending} />
            </>
          )}
        </div>
      </form>
    </Modal>
  );
}

const NO_FAULTS = { byField: new Map<string, never[]>(), rest: { kind: 'unreachable' } } as const;

async function planOf(api: Api, given: Given): Promise<Plan> {
  const request = onboardingBody(given);
  const answer = await api.send<DryRunAnswer>('POST', 'onboardings', { ...request, dryRun: true });
  return { sentences: [], answer: dryRunOf(answer), request };
}

async function start(api: Api, { request }: Plan): Promise<Outcome> {
  const answer = await api.send<RunningOperation>('POST', 'onboardings', request);
  const operation = startedOf(answer);
  return { sentence: 'The onboarding has started.', operation, warnings: answer.warnings ?? [] };
}

/** Not the list of clients, which has those with a credential. */
const LOOK: Action['look'] = {
  to: ['operations'],
  query: { kind: 'onboard' },
  shows: 'the list of onboardings, newest first',
  again:
    'The same request attaches to the run that it has started, and changes nothing once everything is as requested.',
};

function suggestionsFor(id: string, overview: Overview | undefined): readonly string[] {
  const all = overview?.connectedRegistries ?? [];
  if (id === 'connectedRegistry') return [...new Set(all.map(({ name }) => name))];
  return id === 'registry' ? [...new Set(all.map(({ registry }) => registry))] : [];
}
