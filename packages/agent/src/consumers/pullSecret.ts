import { z } from 'zod';
import { rememberCredential } from '@connected-registry/protocol/redaction/rememberCredential';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { errorName } from '../pullFailure.js';
import type { WholeAnswer } from '../wholeAnswer.js';
import { withCredentials } from './auths.js';
import { ConsumerFailure, oneAtATime } from './consumer.js';
import type { Consumer, Delivery, WriteEnd } from './consumer.js';
import { callKubernetes } from './kubernetesApi.js';
import type { KubernetesSettings } from './kubernetesApi.js';
import { parseLedger, withDelivery } from './ledger.js';

const TYPE = 'kubernetes.io/dockerconfigjson';
const KEY = '.dockerconfigjson';
/** Kubernetes docs: concepts/configuration/secret, "Types of Secret". */
const KNOWN_TYPES: readonly string[] = [
  'Opaque',
  'kubernetes.io/basic-auth',
  'kubernetes.io/dockercfg',
  'kubernetes.io/service-account-token',
  'kubernetes.io/ssh-auth',
  'kubernetes.io/tls',
  'bootstrap.kubernetes.io/token',
];
/** Annotation with the names of the secrets that feed this object. */
const ANNOTATION = 'connected-registry-onboarding/secrets';

const secretObject = z.object({
  type: z.string().optional(),
  metadata: z.object({
    resourceVersion: z.string(),
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
  data: z.record(z.string(), z.string()).nullish(),
});

/** Maximum attempts when another writer changes the object at the same time. */
const TRIES = 5;

/**
 * A pull secret of the cluster that the agent runs in (Kubernetes docs:
 * tasks/configure-pod-container/pull-image-private-registry). It is created if it does not exist, else patched, but
 * only if nobody has changed it since it was read.
 */
export function pullSecret({ namespace, name }: PullSecretName, settings: KubernetesSettings): Consumer {
  const inTurn = oneAtATime();
  const all = `/api/v1/namespaces/${namespace}/secrets`;
  const own = `${all}/${name}`;

  async function read(signal: AbortSignal): Promise<z.infer<typeof secretObject> | undefined> {
    const answer = await call({ method: 'GET', path: own }, signal);
    if (answer.status === 404) return undefined;
    const parsed = answer.status === 200 ? secretObject.safeParse(parseJson(answer.text)) : undefined;
    if (!parsed?.success) throw refused('read', answer);
    return parsed.data;
  }

  async function write(delivery: Delivery, signal: AbortSignal): Promise<WriteEnd | 'again'> {
    const found = await read(signal);
    if (found && found.type !== TYPE) throw new ConsumerFailure(`it has ${named(found.type)}, not ${TYPE}`);
    const before = parseLedger(found?.metadata.annotations?.[ANNOTATION]);
    const ledger = withDelivery(before, delivery);
    if (!ledger) return 'left';
    const encoded = found?.data?.[KEY];
    const text = encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
    rememberCredential(text ?? '');
    const changed = withCredentials(text, delivery.credentials);
    if (changed === undefined && ledger === before) return 'unchanged';
    const metadata = { annotations: { [ANNOTATION]: JSON.stringify(ledger) } };
    const content = changed === undefined ? {} : { data: { [KEY]: Buffer.from(changed).toString('base64') } };
    const answer = found
      ? await call(
          {
            method: 'PATCH',
            path: own,
            type: 'application/merge-patch+json',
            body: { metadata: { ...metadata, resourceVersion: found.metadata.resourceVersion }, ...content },
          },
          signal,
        )
      : await call(
          {
            method: 'POST',
            path: all,
            body: { apiVersion: 'v1', kind: 'Secret', type: TYPE, metadata: { ...metadata, name }, ...content },
          },
          signal,
        );
    // Another writer created, changed or deleted it in the meantime.
    if (answer.status === 409 || (found && answer.status === 404)) return 'again';
    if (answer.status !== 200 && answer.status !== 201) throw refused(found ? 'change' : 'make', answer);
    return changed === undefined ? 'unchanged' : 'written';
  }

  async function call(sent: Parameters<typeof callKubernetes>[1], signal: AbortSignal): Promise<WholeAnswer> {
    try {
      return await callKubernetes(settings, sent, signal);
    } catch (error) {
      throw new ConsumerFailure(`the cluster's API does not answer (${errorName(error)})`);
    }
  }

  return {
    name: `pull secret ${namespace}/${name}`,
    remembered: (signal) =>
      inTurn(async () => Object.keys(parseLedger((await read(signal))?.metadata.annotations?.[ANNOTATION]))),
    write: (delivery, signal) =>
      inTurn(async () => {
        for (let tries = 0; tries < TRIES; tries += 1) {
          const end = await write(delivery, signal);
          if (end !== 'again') return end;
        }
        throw new ConsumerFailure('other writers keep changing it');
      }),
  };
}

export interface PullSecretName {
  namespace: string;
  name: string;
}

/** The type for the log. It may be any text, so only known types are repeated. */
function named(type: string | undefined): string {
  return type !== undefined && KNOWN_TYPES.includes(type) ? `type ${type}` : 'another type';
}

function refused(what: string, { status }: WholeAnswer): ConsumerFailure {
  const hint = status === 403 ? "; the service account's role lacks it" : '';
  return new ConsumerFailure(`the cluster's API does not allow the agent to ${what} it (${status}${hint})`);
}
