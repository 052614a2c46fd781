import type { z } from 'zod';
import type { DeviceKeysBody } from '@connected-registry/protocol/enrolment/messages';
import type { enrolmentBody } from '@connected-registry/protocol/requests/enrolmentRequest';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { problemType } from '../answers/problem.js';
import type { IssuedEnrolments } from '@connected-registry/protocol/answers/enrolmentAnswers';

const client = { registry: 'myregistry', connectedRegistry: 'myconnectedregistry', client: 'sensor-7' } as const;
const { registry: _registry, ...named } = client;
const issuedFor = (name: string) => ({ key: clientKey({ ...client, client: name }), ...client, client: name });

export const ENROLMENT_REQUEST: z.input<typeof enrolmentBody> = { ...named, addresses: ['198.51.100.0/24'] };
export const ENROLMENTS_REQUEST: z.input<typeof enrolmentBody> = {
  clients: [named, { ...named, client: 'sensor-8', lifetimeHours: 2 }],
  lifetimeHours: 72,
};
export const ENROLMENT_CSV =
  'connectedRegistry,client,lifetimeHours\nmyconnectedregistry,sensor-7,\nmyconnectedregistry,sensor-8,2\n';

/** The form of a token, without its value. */
const TOKEN_FORM = 'crjoin1.WyJteXJl...';

export const ISSUED: IssuedEnrolments = {
  enrolments: [{ ...issuedFor('sensor-7'), joinToken: TOKEN_FORM, expiresAt: '2026-03-02T12:00:00.000Z' }],
};
export const ISSUED_IN_PART: IssuedEnrolments = {
  enrolments: [
    { ...issuedFor('sensor-7'), joinToken: TOKEN_FORM, expiresAt: '2026-03-04T12:00:00.000Z' },
    {
      ...issuedFor('sensor-8'),
      problem: {
        type: problemType('engine-slow'),
        status: 503,
        code: 'engine-slow',
        title: 'The join token could not be confirmed.',
        detail:
          'The client did not show in time that it keeps the hash of the token, so the token is not shown. Send the same request again: the new token replaces this one.',
      },
    },
  ],
};

/** The public keys of RFC 8037, appendix A: Ed25519 of A.2, X25519 of A.6. */
export const DEVICE_KEYS: DeviceKeysBody = {
  signingKey: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
  sealingKey: { kty: 'OKP', crv: 'X25519', x: '3p7bfXt9wbTTW2HC7OQ1Nz-DQ8hbeGdNrfx-FG-IK08' },
};
