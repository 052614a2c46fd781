import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { parseDockerConfig } from '@connected-registry/agent/secrets/dockerConfig';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { clientKey } from '@connected-registry/protocol/names/clientKey';
import { dockerConfig } from '@connected-registry/protocol/names/dockerConfig';

const FOLDER = join(projectRoot(), 'examples/kubernetes');
const CLIENT = { registry: 'contosoregistry', connectedRegistry: 'plantseven', client: 'plant-7' };
const SECRET = clientKey(CLIENT);
const OURS = { endpoint: '10.43.0.50', username: 'plantseven-plant-7', password: 'pass:word+/=' };
/** What the app saves. */
const VALUE = dockerConfig(OURS.endpoint, OURS.username, OURS.password);
/** The vault as both programs see it: its secrets by name. */
const VAULT = new Map([[SECRET, VALUE]]);
const PULL_SECRET = { type: 'kubernetes.io/dockerconfigjson', key: '.dockerconfigjson' };

const metadata = z.object({ name: z.string(), namespace: z.literal('edge-apps') });
const account = z.object({ kind: z.literal('ServiceAccount'), metadata });

function documents(file: string): unknown[] {
  return parseAllDocuments(readFileSync(join(FOLDER, file), 'utf8')).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as unknown;
  });
}

test('the examples are these two, and both are tested', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(['external-secrets.yaml', 'secret-store.yaml']);
});

test("the Secret Store extension creates a pull secret from the app's secret", () => {
  const [reader, provider, sync] = documents('secret-store.yaml');
  const { metadata: serviceAccount } = account.parse(reader);
  const { metadata: providerClass, spec: from } = z
    .object({
      apiVersion: z.literal('secrets-store.csi.x-k8s.io/v1'),
      kind: z.literal('SecretProviderClass'),
      metadata,
      spec: z.object({
        provider: z.literal('azure'),
        parameters: z.strictObject({
          clientID: z.uuid(),
          tenantID: z.uuid(),
          keyvaultName: z.string(),
          objects: z.string(),
        }),
      }),
    })
    .parse(provider);
  const { spec: to, metadata: made } = z
    .object({
      apiVersion: z.literal('secret-sync.x-k8s.io/v1alpha1'),
      kind: z.literal('SecretSync'),
      metadata,
      spec: z.strictObject({
        serviceAccountName: z.literal(serviceAccount.name),
        secretProviderClassName: z.literal(providerClass.name),
        secretObject: z.strictObject({
          type: z.literal(PULL_SECRET.type),
          data: z.array(z.strictObject({ sourcePath: z.string(), targetKey: z.string() })).length(1),
        }),
      }),
    })
    .parse(sync);
  // YAML in YAML in YAML: so the provider reads it.
  const { array } = z.object({ array: z.array(z.string()) }).parse(parse(from.parameters.objects));
  const fetched = new Map(
    array.map((text) => {
      const { objectName } = z
        .strictObject({ objectName: z.string(), objectType: z.literal('secret') })
        .parse(parse(text));
      return [objectName, VAULT.get(objectName)] as const;
    }),
  );
  const [entry] = to.secretObject.data;
  expect(made.name).toBe('edge-pull');
  expect(entry?.targetKey).toBe(PULL_SECRET.key);
  // Rule of the resource's definition: secrets-store-sync-controller, api/secretsync, Pattern of both fields.
  for (const field of [entry?.sourcePath, entry?.targetKey])
    expect(field).toMatch(/^[A-Za-z0-9.]([-A-Za-z0-9]+([-._a-zA-Z0-9]?[A-Za-z0-9])*)?(\/([0-9]+))*$/);
  expect(credentialIn(fetched.get(entry?.sourcePath ?? ''))).toEqual(OURS);
});

test("the External Secrets Operator creates a pull secret from the app's secret", () => {
  const [reader, store, external] = documents('external-secrets.yaml');
  const { metadata: serviceAccount } = account.parse(reader);
  const { metadata: vault } = z
    .object({
      apiVersion: z.literal('external-secrets.io/v1'),
      kind: z.literal('SecretStore'),
      metadata,
      spec: z.object({
        provider: z.strictObject({
          azurekv: z.strictObject({
            authType: z.literal('WorkloadIdentity'),
            vaultUrl: z.url(),
            serviceAccountRef: z.strictObject({ name: z.literal(serviceAccount.name) }),
          }),
        }),
      }),
    })
    .parse(store);
  const { spec } = z
    .object({
      apiVersion: z.literal('external-secrets.io/v1'),
      kind: z.literal('ExternalSecret'),
      metadata,
      spec: z.strictObject({
        refreshInterval: z.literal('1h'),
        secretStoreRef: z.strictObject({ kind: z.literal('SecretStore'), name: z.literal(vault.name) }),
        target: z.strictObject({
          name: z.literal('edge-pull'),
          creationPolicy: z.literal('Owner'),
          template: z.strictObject({
            type: z.literal(PULL_SECRET.type),
            data: z.strictObject({ [PULL_SECRET.key]: z.string() }),
          }),
        }),
        data: z
          .array(z.strictObject({ secretKey: z.string(), remoteRef: z.strictObject({ key: z.string() }) }))
          .length(1),
      }),
    })
    .parse(external);
  const values = new Map(spec.data.map(({ secretKey, remoteRef }) => [secretKey, VAULT.get(remoteRef.key)]));
  // Of Go's templates, only what the manifest uses: one field, as a string.
  const made = spec.target.template.data[PULL_SECRET.key]?.replace(
    /\{\{ \.(\w+) \| toString \}\}/g,
    (_all, name: string) => values.get(name) ?? '',
  );
  expect(credentialIn(made)).toEqual(OURS);
});

/** The credential, by the agent's own reader. */
function credentialIn(value: string | undefined): unknown {
  return parseDockerConfig(value ?? '');
}
