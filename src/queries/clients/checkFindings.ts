import type { CheckFinding, Verdict } from '@connected-registry/protocol/answers/clientAnswers';
import type { CheckPart } from '../../domain/check/checkRun.js';
import { findingFix } from '../../domain/check/findingFix.js';
import type { JudgedClient } from './judgeClients.js';

/** What a check reports about a client. */
export function toFinding({ secret, state, differences, running }: JudgedClient): CheckFinding {
  const { registry, connectedRegistry, client, expiresOn, token } = secret.tags;
  const finding = { registry, connectedRegistry, client, state, expiresOn, differences };
  return withFix(running === undefined ? finding : { ...finding, running }, token);
}

/** Adds how to correct what was found. @param token the client's, as far as known */
export function withFix(finding: CheckFinding, token?: string): CheckFinding {
  const fix = findingFix(finding, token, finding.state, finding.differences);
  return fix === undefined ? finding : { ...finding, fix };
}

/** How many clients have each state. */
export function countsOf(clients: readonly { readonly state: Verdict }[]): CheckPart['counts'] {
  const counts: Partial<Record<Verdict, number>> = {};
  for (const { state } of clients) counts[state] = (counts[state] ?? 0) + 1;
  return counts;
}
