import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import { z } from 'zod';
import type { SealedAnswer } from '@connected-registry/protocol/enrolment/messages';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { candidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import { channelKeyOf } from '../../../domain/enrolment/serverPasses.js';
import { clientVault } from '../../../domain/vaults/clientVault.js';
import type { SealedSecrets } from '../../../ports/sealedSecrets.js';
import type { Config } from '../../../settings/config.js';
import { vaultHosts } from '../../../settings/vaults.js';
import { ServiceError } from '../../../serviceErrors/serviceError.js';
import { readClientRecord } from '../../durable/clientRecords.js';
import { noteContact, readJoined } from '../../durable/joinedDevices.js';
import { NOT_STORED } from '../answers/notStored.js';
import { problem, tooManyRequests } from '../answers/problem.js';
import { orServiceProblem } from '../answers/serviceProblem.js';
import { queryParameters } from '../requests/queryParameters.js';
import { RateLimit } from '../requests/rateLimit.js';
import { refuseEndedKey, type SignedRequests } from '../requests/signedRequest.js';

/** Secrets a minute that one instance reads from the vault for one client. A pull check needs one. */
const MAX_PER_CLIENT = 30;

const DEVICE_SECRET_FIELDS = {
  name: "the name of the client's secret, or of its candidate, as messages have it",
  version: 'a version as messages have it: 1 to 64 letters, digits and hyphens; absent for the newest',
} as const;

export const deviceSecretQuery = z.strictObject({
  name: z.string('must be a text').min(1, 'is empty').max(127, 'is too long').describe(DEVICE_SECRET_FIELDS.name),
  version: z
    .string('must be a text')
    .regex(/^[A-Za-z0-9-]{1,64}$/, 'is no version')
    .describe(DEVICE_SECRET_FIELDS.version)
    .exactOptional(),
});

/**
 * `GET /api/devices/secrets?name=&version=`: a version of one of the client's two secrets, sealed to the key of the
 * device that signs the request. It is read from the vault for each request, and kept nowhere. Limits count the
 * client's requests, so a renewed key has no others.
 */
export function getDeviceSecrets(
  { reportKeys: keys, ...config }: Pick<Config, 'reportKeys' | 'vaults'>,
  requests: SignedRequests,
  secrets: SealedSecrets,
) {
  const hosts = vaultHosts(config);
  const byClient = new RateLimit(MAX_PER_CLIENT);
  return async (request: HttpRequest, client: DurableClient): Promise<HttpResponseInit> => {
    const signed = await requests.ofDevice(request);
    if ('refusal' in signed) return signed.refusal;
    const asked = queryParameters(request, deviceSecretQuery, DEVICE_SECRET_FIELDS);
    if ('refusal' in asked) return asked.refusal;
    const { pass, passText, nonce } = signed;
    // A device has nothing to do with other names, so nobody learns whether they exist.
    if (![mainSecretName(pass.client), candidateSecretName(pass.client)].includes(asked.query.name)) return missing();
    const joined = await readJoined(client, pass);
    if (!joined) return refuseEndedKey(pass);
    const limited = requests.limitClient(pass);
    if (limited) return limited.refusal;
    const pause = byClient.take(clientKey(pass.client), Date.now());
    if (pause !== undefined) return tooManyRequests(pause);
    await noteContact(client, pass, joined, new Date());
    return orServiceProblem(async () => {
      try {
        const channelKey = channelKeyOf(keys, passText);
        const channel = { sealingKey: joined.keys.sealing, channelKey, nonce };
        const key = clientKey(pass.client);
        const vaultHost = clientVault(await readClientRecord(client, key), key, hosts);
        const sealed = await secrets.seal({ vaultHost, ...asked.query }, pass.client, channel);
        // The vault may take its time: what is answered was sealed while the key was the current one.
        if (!(await readJoined(client, pass))) return refuseEndedKey(pass);
        return { status: 200, headers: NOT_STORED, jsonBody: { sealed } satisfies SealedAnswer };
      } catch (error) {
        if (error instanceof ServiceError && error.kind === 'notFound') return missing();
        throw error;
      }
    });
  };
}

function missing(): HttpResponseInit {
  return problem({
    status: 404,
    code: 'secret-missing',
    title: 'There is no such secret for this device.',
    detail:
      "The client has no such secret, its version is disabled, or its tags do not name the client. Ask for the device's messages, which name the current one.",
  });
}
