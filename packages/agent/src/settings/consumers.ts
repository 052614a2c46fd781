import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { isCandidateSecretName, mainSecretName } from '@connected-registry/protocol/names/names';
import type { KubernetesSettings } from '../consumers/kubernetesApi.js';
import type { PullSecretName } from '../consumers/pullSecret.js';
import { checked } from './badSettings.js';
import { list, seconds, text } from './values.js';

/** The consumers that the agent keeps up to date, and the main secrets for them. */
export interface ConsumerSettings {
  dockerConfigFile: string | undefined;
  pullSecrets: PullSecretName[];
  kubernetes: KubernetesSettings | undefined;
  /** Names of main secrets. */
  secrets: string[];
  /** Milliseconds. */
  refresh: number;
}

/**
 * Names of Kubernetes objects and namespaces: RFC 1123 (Kubernetes docs: concepts/overview/working-with-objects/names).
 */
const NAME = '[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?';
const PULL_SECRET = new RegExp(`^(${NAME})/(${NAME})$`);
const SECRET = /^[0-9A-Za-z-]{1,127}$/;

const pullSecrets = list.transform((items, context): PullSecretName[] =>
  items.map((item) => {
    const match = PULL_SECRET.exec(item);
    if (match) return { namespace: match[1] ?? '', name: match[3] ?? '' };
    context.addIssue({ code: 'custom', message: 'must be a list of namespace/name' });
    return z.NEVER;
  }),
);

/**
 * Returns a secret's name, or the name of the main secret of a client that is given as
 * registry/connectedRegistry/client; undefined if the text is neither.
 */
export function secretNameOf(item: string): string | undefined {
  if (SECRET.test(item)) return item;
  const [registry = '', connectedRegistry = '', client = '', ...more] = item.split('/');
  if (!registry || !connectedRegistry || !client || more.length > 0) return undefined;
  return mainSecretName({ registry, connectedRegistry, client });
}

const secretNames = list.transform((items, context): string[] =>
  items.map((item) => {
    const name = secretNameOf(item);
    if (name !== undefined && !isCandidateSecretName(name)) return name;
    const message = 'must be a list of main secrets, each given by its name or as registry/connectedRegistry/client';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  }),
);

export const consumerVariables = z.object({
  DOCKER_CONFIG_FILE: z.string().refine(isAbsolute, { error: 'must be an absolute path' }).optional(),
  KUBERNETES_PULL_SECRETS: pullSecrets.default([]),
  KUBERNETES_ACCOUNT_FOLDER: text.default('/var/run/secrets/kubernetes.io/serviceaccount'),
  SECRETS: secretNames.default([]),
  REFRESH_SECONDS: seconds(30 * 86_400).default(6 * 3_600_000),
});

/** Variables that Kubernetes sets in each container (Kubernetes docs: tasks/run-application/access-api-from-pod). */
const clusterVariables = z.object({
  KUBERNETES_SERVICE_HOST: text,
  KUBERNETES_SERVICE_PORT: text.default('443'),
});

/**
 * @throws BadSettings
 * @returns a function that creates the consumers, given the time limit for the cluster's API
 */
export function readConsumers(env: Record<string, unknown>): (timeout: number) => ConsumerSettings {
  const given = checked(consumerVariables, env);
  const url = given.KUBERNETES_PULL_SECRETS.length === 0 ? undefined : clusterUrl(env);
  return (timeout) => ({
    dockerConfigFile: given.DOCKER_CONFIG_FILE,
    pullSecrets: given.KUBERNETES_PULL_SECRETS,
    kubernetes: url === undefined ? undefined : { url, accountFolder: given.KUBERNETES_ACCOUNT_FOLDER, timeout },
    secrets: given.SECRETS,
    refresh: given.REFRESH_SECONDS,
  });
}

function clusterUrl(env: Record<string, unknown>): string {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = checked(clusterVariables, env);
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
