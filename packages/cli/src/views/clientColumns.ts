import type { ClientView, Verdict } from '@connected-registry/protocol/answers/clientAnswers';
import type { Column, Tone } from '../output/output.js';
import { shortTime } from '../output/times.js';

/** The tone of a client's state. */
export function stateTone(state: Verdict): Tone | undefined {
  switch (state) {
    case 'ok':
      return 'good';
    case 'changing':
    case 'absent':
      return undefined;
    case 'expiring':
    case 'silent':
      return 'strong';
    default:
      return 'bad';
  }
}

export const CLIENT_COLUMNS: readonly Column<ClientView>[] = [
  { header: 'REGISTRY', minor: 2, value: ({ registry }) => registry },
  { header: 'CONNECTED REGISTRY', value: ({ connectedRegistry }) => connectedRegistry },
  { header: 'CLIENT', value: ({ client }) => client },
  { header: 'STATE', firm: true, value: ({ state }) => state, tone: ({ state }) => stateTone(state) },
  { header: 'EXPIRES', firm: true, value: ({ expiresOn }) => shortTime(expiresOn) },
  { header: 'LAST PULL', firm: true, minor: 1, value: ({ pull }) => shortTime(pull?.verifiedAt) },
  { header: 'RUNNING', minor: 3, value: ({ running }) => running },
];

/** How devices are reached, where that was asked for. */
export const REACH_COLUMNS: readonly Column<ClientView>[] = [
  { header: 'REACHED BY', firm: true, value: ({ reach }) => reach?.kind },
  {
    header: 'LAST CONTACT',
    firm: true,
    value: ({ reach }) => shortTime(reach?.lastContactAt ?? reach?.poller?.lastContactAt),
  },
  { header: 'KEY', minor: 4, value: ({ reach }) => reach?.thumbprint },
];
