import type { OnboardingPlan } from '../../../../src/domain/onboarding/plan.js';
import type { PullCheckReport } from '@connected-registry/protocol/messages/pullCheckMessages';
import { done } from '../../../../src/domain/operations/stepOutcome.js';
import { onboard } from '../../../../src/orchestrations/onboard.js';
import type { Call } from '../durable/durableContext.js';
import { EDGE_HOST, onboardingRun } from '../answers/requests.js';
import { runFlow, type Answers, type DelayedReport, type Script } from './runFlow.js';

export const DIGEST = `sha256:${'a'.repeat(64)}`;

/** What a fresh client's preflight finds. */
export function plan(changes: Partial<OnboardingPlan> = {}): OnboardingPlan {
  return {
    checkedAt: '2026-03-01T12:00:00.000Z',
    problems: [],
    writes: [{ step: 'ensureToken', action: 'create token', resource: 'a token' }],
    adopts: [],
    endpoint: EDGE_HOST,
    sync: { schedule: '* * * * *' },
    scopeMap: 'absent',
    token: { exists: false },
    made: { scopeMap: true, token: true },
    bound: false,
    credential: { kind: 'issue', slot: 'password1', replacesLivePassword: false },
    ...changes,
  };
}

export const STORED = {
  name: 'main-secret',
  version: 'v9',
  slot: 'password1',
  expiresOn: '2026-05-30T12:00:00.000Z',
  pull: {
    image: 'hello-world:latest',
    digest: DIGEST,
    bytes: 2000,
    milliseconds: 40,
    verifiedAt: '2026-02-01T00:00:00.000Z',
  },
} as const;

/** A client that has all it needs. */
export function convergedPlan(changes: Partial<OnboardingPlan> = {}): OnboardingPlan {
  const credential = { kind: 'keep', stored: STORED } as const;
  return plan({ writes: [], scopeMap: 'same', token: { exists: true }, bound: true, credential, ...changes });
}

export function report(changes: Partial<PullCheckReport> = {}): PullCheckReport {
  const pulled = { digest: DIGEST, bytes: 2000 };
  return {
    expiresAt: '2026-03-01T12:05:00.000Z',
    outcome: 'pulled',
    image: 'hello-world:latest',
    milliseconds: 40,
    agent: 'agent/1',
    ...(changes.outcome === undefined || changes.outcome === 'pulled' ? pulled : {}),
    ...changes,
  };
}

type Answer = (call: Call, nth: number) => unknown;

export interface OnboardingScript {
  readonly request?: Readonly<Record<string, unknown>>;
  readonly limits?: Parameters<typeof onboardingRun>[1];
  readonly plan?: OnboardingPlan;
  /** Answers other than the happy ones, by activity name or binder operation. */
  readonly answers?: Readonly<Record<string, Answer>>;
  /** How the device answers each attempt. By default it reports a pull after three seconds. */
  readonly device?: Script['device'];
}

const pullsAfterThreeSeconds = (): DelayedReport => ({ after: 3, report: report() });

/** Runs an onboarding against scripted activities: each succeeds, unless the script has another answer. */
export function onboardScripted(script: OnboardingScript = {}) {
  return runFlow({
    world: scriptedAnswers(script),
    flow: onboard,
    input: onboardingRun(script.request, script.limits),
    script: { device: script.device ?? pullsAfterThreeSeconds },
  });
}

function scriptedAnswers({ plan: found = plan(), answers = {} }: OnboardingScript): Answers {
  const counts = new Map<string, number>();
  const happy: Record<string, unknown> = {
    preflight: found,
    ensureScopeMap: { created: true },
    ensureToken: { created: true },
    issueCredentials: {
      name: 'secret-candidate',
      version: 'v1',
      slot: 'password1',
      slotCreatedAt: '2026-03-01T12:00:00.000Z',
      expiresOn: '2026-05-30T12:00:00.000Z',
    },
    requestPullCheck: { keyId: 'k1' },
    readSync: { schedule: '* * * * *' },
    checkCredential: { stands: true },
    promote: { promoted: true, name: 'main-secret', version: 'v2' },
    recordVerification: { version: 'v9' },
    announcePromotion: { published: true },
  };
  return {
    followsDate: false,
    answer: (name, call) => {
      const nth = (counts.get(name) ?? 0) + 1;
      counts.set(name, nth);
      if (call.kind === 'signal') return undefined;
      return answers[name] ? answers[name](call, nth) : done(happy[name] ?? {});
    },
  };
}
