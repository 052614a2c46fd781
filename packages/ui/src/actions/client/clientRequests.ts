import type { DryRunAnswer, RotationDryRunAnswer } from '@connected-registry/protocol/answers/answers';
import type { ClientAnswer, ClientView } from '@connected-registry/protocol/answers/clientAnswers';
import type { StartedOperations } from '@connected-registry/protocol/answers/problemDetails';
import type { Api } from '../../data/api.js';
import type { Action, Plan } from '../dialog/action.js';
import { dryRunOf, startedOf } from '../dialog/answers.js';
import { recheckBody } from './recheckBody.js';

/** A client that something is done to: a row of the inventory, or the client itself. */
export type ActionClient = Pick<ClientView, 'key' | 'registry' | 'connectedRegistry' | 'client'>;

const about = ({ registry, connectedRegistry, client }: ActionClient) => `${registry}/${connectedRegistry}/${client}`;
const look = ({ key }: ActionClient): Action['look'] => ({ to: ['clients', key], shows: 'the history of the client' });

/** What a route that takes several clients does to one. */
function toOne(
  client: ActionClient,
  route: 'rotations' | 'checks' | 'revocations' | 'offboardings',
  done: string,
  options: Readonly<Record<string, boolean>> = {},
): Pick<Action, 'about' | 'look' | 'plan' | 'send'> {
  const { registry, connectedRegistry, client: id } = client;
  const body = { clients: [{ registry, connectedRegistry, client: id }], ...options };
  return {
    about: about(client),
    look: look(client),
    plan: async (api) => {
      const answer = await api.send<DryRunAnswer | RotationDryRunAnswer>('POST', route, { ...body, dryRun: true });
      return { sentences: [], answer: dryRunOf(answer) };
    },
    send: async (api) => ({
      sentence: done,
      operation: startedOf(await api.send<StartedOperations>('POST', route, body)),
    }),
  };
}

/** @param isUrgent the password in use is replaced at once */
export function rotate(client: ActionClient, isUrgent: boolean): Action {
  return {
    ...toOne(client, 'rotations', 'The rotation has started.', isUrgent ? { urgent: true } : {}),
    name: isUrgent ? 'Rotate at once' : 'Rotate',
    title: isUrgent ? 'Rotate the credential at once' : 'Rotate the credential',
    help: isUrgent
      ? 'The password in use stops working at once: the device cannot pull until it has the new one.'
      : 'The device gets a new password, and proves it by a pull before the old one is revoked.',
    ...(isUrgent ? { isDanger: true, typed: client.client } : {}),
  };
}

export function check(client: ActionClient): Action {
  return {
    ...toOne(client, 'checks', 'The check has started.'),
    name: 'Check',
    title: 'Check the client',
    help: 'Compares the client with what was requested. It changes nothing; each difference comes with its fix.',
  };
}

export function revoke(client: ActionClient): Action {
  return {
    ...toOne(client, 'revocations', 'The revocation has started.'),
    name: 'Revoke',
    title: 'Revoke the credential',
    help: 'Blocks a stolen device in the cloud at once, at its connected registry from the next sync on, and keeps everything for inspection. Only a later onboarding clears a revocation.',
    isDanger: true,
    typed: client.client,
  };
}

export function offboard(client: ActionClient): Action {
  return {
    ...toOne(client, 'offboardings', 'The offboarding has started.'),
    name: 'Offboard',
    title: 'Offboard the client',
    help: 'Removes its binding, token, scope map and secrets. A run in progress is ended first. Nothing brings the credential back.',
    isDanger: true,
    typed: client.client,
  };
}

/** An onboarding with the client's own setup, which pulls again. */
export function recheck(client: ActionClient): Action {
  return {
    name: 'Recheck',
    title: 'Recheck the credential',
    about: about(client),
    help: 'The device pulls again with the credential that it has, although nothing has to change.',
    look: look(client),
    plan: (api) => planRecheck(api, client),
    send: async (api, { request }) => ({
      sentence: 'The pull check has started.',
      operation: startedOf(await api.send('POST', 'onboardings', request)),
    }),
  };
}

async function planRecheck(api: Api, { key }: ActionClient): Promise<Plan> {
  const answer = await api.readOnce<ClientAnswer>(`clients/${encodeURIComponent(key)}`);
  const request = answer.state === 'absent' ? undefined : recheckBody(answer);
  if (request === undefined)
    return {
      sentences: [
        'This client cannot be rechecked from here: it has no credential, or its scope map grants something that no request can ask for. Onboard it with the fields that it is to have.',
      ],
      isImpossible: true,
    };
  return {
    sentences: ['The request repeats the setup of the client, as the app knows it now.'],
    answer: dryRunOf(await api.send<DryRunAnswer>('POST', 'onboardings', { ...request, dryRun: true })),
    request,
  };
}
