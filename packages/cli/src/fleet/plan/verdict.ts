import { sameName } from '@connected-registry/protocol/names/sameName';
import { defaultScopeMapName, defaultTokenName } from '@connected-registry/protocol/names/names';
import { sameActions, toActions } from '@connected-registry/protocol/names/permissions';
import { onboardingRow } from '@connected-registry/protocol/requests/rolloutRequest';
import type { DesiredClient, OnboardingRow } from '../file/desiredFleet.js';
import type { ClientFacts } from '../world/clientFacts.js';

/**
 * What a plan does to a client. `+` onboards it, `~` onboards it again, `-` offboards it. `=` is as the file has it.
 * `!` differs, and is left so; `?` cannot be compared, because something about it is unknown, or has a name that must
 * stay and that no request may have.
 */
export const MARKS = ['+', '~', '-', '=', '!', '?'] as const;
export type Mark = (typeof MARKS)[number];

export interface Verdict {
  readonly mark: Mark;
  readonly reasons: readonly string[];
  /** What to send for `+` and `~`. */
  readonly row?: OnboardingRow;
}

/** States that an onboarding ends. A revocation stands until somebody onboards the client by name. */
const MENDED = ['orphaned', 'expired', 'unbound', 'drifted'] as const satisfies readonly ClientFacts['state'][];

/** Compares a client of the file with what there is of it. */
export function judge(desired: DesiredClient, facts: ClientFacts | undefined): Verdict {
  if (!facts) return { mark: '+', reasons: ['has no credential'], row: desired.row };
  const { state, running, differences } = facts;
  if (state === 'revoked')
    return {
      mark: '!',
      reasons: ['is revoked, and a plan leaves it so: `crctl onboard` of the client itself clears the revocation'],
    };
  if (state === 'changing' || running !== undefined)
    return {
      mark: '?',
      reasons: [
        `operation ${running === undefined ? 'unknown' : running} is in progress: plan again when it has ended`,
      ],
    };
  const { changes, unknown, left } = fieldDifferences(desired, facts);
  if (MENDED.some((one) => one === state)) {
    const codes = differences.filter((code) => code !== 'fact-unknown');
    changes.push(`is ${state}${codes.length > 0 ? `: ${codes.join(', ')}` : ''}`);
  }
  if (differences.includes('fact-unknown')) unknown.push('Azure’s answer lacks a fact about it');
  const reasons = [...changes, ...unknown, ...left];
  if (changes.length > 0) {
    const kept = keptFields(desired, facts);
    const refused = notAllowed(kept);
    // Without the name an onboarding would give the client another scope map or token, which nobody has asked for.
    return refused.length > 0
      ? { mark: '?', reasons: [...reasons, ...refused] }
      : { mark: '~', reasons, row: { ...desired.row, ...kept } };
  }
  return { mark: unknown.length > 0 ? '?' : left.length > 0 ? '!' : '=', reasons };
}

interface FieldDifferences {
  /** What an onboarding changes. */
  readonly changes: string[];
  readonly unknown: string[];
  /** What no onboarding changes. */
  readonly left: string[];
}

/** Compares the fields that the file names, and the repositories, which it always names. */
function fieldDifferences({ row, onboarding }: DesiredClient, facts: ClientFacts): FieldDifferences {
  const changes: string[] = [];
  const unknown: string[] = [];
  const left: string[] = [];
  const wanted = toActions(onboarding.permissions);
  if (facts.actions === undefined) unknown.push('repositories: not all permissions that it has are known');
  else if (!sameActions(facts.actions, wanted)) changes.push(`repositories: ${rightsText(facts.actions, wanted)}`);
  if (row.scopeMap !== undefined && !sameName(row.scopeMap, facts.scopeMap))
    changes.push(`scopeMap: ${facts.scopeMap} → ${row.scopeMap}`);
  if (row.token !== undefined && !sameName(row.token, facts.token))
    changes.push(`token: ${facts.token} → ${row.token}`);
  if (row.endpoint !== undefined) {
    if (facts.endpoint === undefined) unknown.push('endpoint: the address that its secret is for is not known');
    else if (!sameName(row.endpoint, facts.endpoint)) changes.push(`endpoint: ${facts.endpoint} → ${row.endpoint}`);
  }
  const { identity } = onboarding;
  if (identity !== undefined) {
    const { identity: present } = facts;
    if (present === undefined) unknown.push('identity: not known');
    else if (present === 'none') changes.push(`identity: none → ${identity.principalId}`);
    else if (present.principalId !== identity.principalId || present.principalType !== identity.principalType)
      changes.push(`identity: ${present.principalId} → ${identity.principalId} (${identity.principalType})`);
  }
  const { credentialLifetimeDays: days } = row;
  if (days !== undefined && days !== facts.lifetimeDays)
    left.push(
      `credentialLifetimeDays: ${days}, and its credential has ${facts.lifetimeDays}: rotations keep a lifetime, so this counts when the client is onboarded anew`,
    );
  return { changes, unknown, left };
}

/** Permissions that come and go. */
function rightsText(present: readonly string[], wanted: readonly string[]): string {
  const short = (action: string): string => action.replace(/^repositories\//i, '');
  const lacks = (list: readonly string[], action: string): boolean => !list.some((one) => sameName(one, action));
  return [
    ...wanted.filter((action) => lacks(present, action)).map((action) => `+${short(action)}`),
    ...present.filter((action) => lacks(wanted, action)).map((action) => `-${short(action)}`),
  ].join(' ');
}

const KEPT_FIELDS = ['token', 'scopeMap', 'endpoint'] as const;
type Kept = Pick<OnboardingRow, (typeof KEPT_FIELDS)[number]>;

/**
 * Fields to send for a client that exists, beside those of the file. What the file does not name stays as it is:
 * without a name the app would choose its own scope map, token and endpoint. What is itself at fault is left to the
 * app.
 */
function keptFields({ row, onboarding, reference }: DesiredClient, facts: ClientFacts): Kept {
  const { token, scopeMap, endpoint, actions, differences } = facts;
  const hasRights = actions !== undefined && sameActions(actions, toActions(onboarding.permissions));
  const keepsToken =
    row.token === undefined && !differences.includes('token-shared') && !sameName(token, defaultTokenName(reference));
  const keepsMap =
    row.scopeMap === undefined && hasRights && !sameName(scopeMap, defaultScopeMapName(onboarding.permissions));
  const keepsEndpoint = row.endpoint === undefined && endpoint !== undefined && !differences.includes('endpoint');
  return {
    ...(keepsToken ? { token } : {}),
    ...(keepsMap ? { scopeMap } : {}),
    ...(keepsEndpoint ? { endpoint } : {}),
  };
}

/**
 * Reasons for fields that the API would refuse, and with them the whole rollout, such as the name of a system-defined
 * scope map.
 */
function notAllowed(kept: Kept): string[] {
  return KEPT_FIELDS.filter((field) => !onboardingRow.shape[field].safeParse(kept[field]).success).map(
    (field) => `${field}: no request may name ${kept[field]}, so it cannot be kept: name another in the file`,
  );
}
