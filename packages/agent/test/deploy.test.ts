import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { EXIT_CODES } from '../src/exitCodes.js';
import { EDGE_VARIABLES, VARIABLES, readCommand } from '../src/settings/command.js';
import { USAGE } from '../src/settings/usage.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

let folder: string;
let caFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'deploy-'));
  caFile = join(folder, 'ca.crt');
  await writeFile(caFile, '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n');
});
afterAll(() => rm(folder, { recursive: true, maxRetries: 5 }));

/** What the agent makes of a container's variables, with a CA file that there is. */
function commandOf(args: string[], env: Record<string, string>) {
  const given = env['REGISTRY_CA_FILE'] === undefined ? env : { ...env, REGISTRY_CA_FILE: caFile };
  return readCommand(args, given);
}

const container = z.strictObject({
  name: z.string(),
  image: z.string(),
  args: z.array(z.string()).default([]),
  env: z.array(z.strictObject({ name: z.string(), value: z.string() })),
  ports: z.array(z.strictObject({ name: z.string(), containerPort: z.int() })).optional(),
  livenessProbe: z
    .strictObject({
      httpGet: z.strictObject({ path: z.string(), port: z.string() }),
      periodSeconds: z.int(),
    })
    .optional(),
  resources: z.strictObject({ requests: z.record(z.string(), z.string()), limits: z.record(z.string(), z.string()) }),
  securityContext: z.strictObject({
    allowPrivilegeEscalation: z.literal(false),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.strictObject({ drop: z.array(z.literal('ALL')) }),
  }),
  volumeMounts: z.array(z.strictObject({ name: z.string(), mountPath: z.string(), readOnly: z.boolean() })),
});
const pod = z.strictObject({
  metadata: z.strictObject({ labels: z.record(z.string(), z.string()) }),
  spec: z.strictObject({
    serviceAccountName: z.string(),
    automountServiceAccountToken: z.boolean().optional(),
    restartPolicy: z.enum(['Never', 'OnFailure', 'Always']).optional(),
    securityContext: z.strictObject({
      runAsNonRoot: z.literal(true),
      runAsUser: z.int().min(1),
      fsGroup: z.int().min(1).optional(),
      fsGroupChangePolicy: z.literal('OnRootMismatch').optional(),
      seccompProfile: z.strictObject({ type: z.string() }),
    }),
    initContainers: z.tuple([container]).optional(),
    containers: z.tuple([container]),
    volumes: z.array(
      z.union([
        z.strictObject({ name: z.string(), configMap: z.strictObject({ name: z.string() }) }),
        z.strictObject({ name: z.string(), secret: z.strictObject({ secretName: z.string() }) }),
        z.strictObject({ name: z.string(), persistentVolumeClaim: z.strictObject({ claimName: z.string() }) }),
      ]),
    ),
  }),
});
const named = z.strictObject({
  name: z.string(),
  namespace: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});
const rule = z.strictObject({
  apiGroups: z.tuple([z.literal('')]),
  resources: z.tuple([z.literal('secrets')]),
  resourceNames: z.array(z.string()).optional(),
  verbs: z.array(z.string()),
});
/** The objects that the manifests use, with every field that they use: a misspelt one does not pass. */
const kubernetesObject = z.discriminatedUnion('kind', [
  z.strictObject({ apiVersion: z.literal('v1'), kind: z.literal('Namespace'), metadata: named }),
  z.strictObject({ apiVersion: z.literal('v1'), kind: z.literal('ServiceAccount'), metadata: named }),
  z.strictObject({
    apiVersion: z.literal('rbac.authorization.k8s.io/v1'),
    kind: z.literal('Role'),
    metadata: named,
    rules: z.array(rule),
  }),
  z.strictObject({
    apiVersion: z.literal('rbac.authorization.k8s.io/v1'),
    kind: z.literal('RoleBinding'),
    metadata: named,
    roleRef: z.strictObject({ apiGroup: z.literal('rbac.authorization.k8s.io'), kind: z.string(), name: z.string() }),
    subjects: z.array(z.strictObject({ kind: z.string(), name: z.string(), namespace: z.string() })),
  }),
  z.strictObject({
    apiVersion: z.literal('v1'),
    kind: z.literal('PersistentVolumeClaim'),
    metadata: named,
    spec: z.strictObject({
      accessModes: z.tuple([z.literal('ReadWriteOncePod')]),
      resources: z.strictObject({ requests: z.strictObject({ storage: z.string() }) }),
    }),
  }),
  z.strictObject({
    apiVersion: z.literal('apps/v1'),
    kind: z.literal('Deployment'),
    metadata: named,
    spec: z.strictObject({
      replicas: z.literal(1),
      strategy: z.strictObject({ type: z.literal('Recreate') }),
      selector: z.strictObject({ matchLabels: z.record(z.string(), z.string()) }),
      template: pod,
    }),
  }),
  z.strictObject({
    apiVersion: z.literal('batch/v1'),
    kind: z.literal('Job'),
    metadata: named,
    spec: z.strictObject({
      backoffLimit: z.int(),
      activeDeadlineSeconds: z.int(),
      ttlSecondsAfterFinished: z.int(),
      template: pod,
    }),
  }),
]);
type KubernetesObject = z.infer<typeof kubernetesObject>;

function objectsOf(path: string): KubernetesObject[] {
  return parseAllDocuments(read(path)).map((document) => {
    expect(document.errors).toEqual([]);
    return kubernetesObject.parse(document.toJS());
  });
}
function only<K extends KubernetesObject['kind']>(all: KubernetesObject[], kind: K) {
  const found = all.filter((one): one is Extract<KubernetesObject, { kind: K }> => one.kind === kind);
  const [first] = found;
  if (!first || found.length !== 1) throw new Error(`there are ${found.length} of kind ${kind}`);
  return first;
}
/** What Kubernetes, and the webhook of workload identity, put into the container besides. */
const IN_CLUSTER_ONLY = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };
const IN_CLUSTER = {
  ...IN_CLUSTER_ONLY,
  AZURE_TENANT_ID: 'tenant',
  AZURE_CLIENT_ID: 'client',
  AZURE_FEDERATED_TOKEN_FILE: '/var/run/secrets/azure/tokens/azure-identity-token',
  AZURE_AUTHORITY_HOST: 'https://login.microsoftonline.com/',
};

describe('the Kubernetes manifests', () => {
  const all = objectsOf('packages/agent/deploy/kubernetes.yaml');
  const job = only(objectsOf('packages/agent/deploy/kubernetes-job.yaml'), 'Job');
  const deployment = only(all, 'Deployment');

  test.each([
    ['Deployment', deployment.spec.template],
    ['Job', job.spec.template],
  ])('of kind %s refer only to existing objects', (_kind, { spec }) => {
    const [{ env, volumeMounts }] = spec.containers;

    for (const { name } of env) expect(VARIABLES).toContain(name);
    expect(spec.volumes.map(({ name }) => name)).toEqual(volumeMounts.map(({ name }) => name));
    expect(spec.serviceAccountName).toBe(only(all, 'ServiceAccount').metadata.name);

    const files = env.filter(({ name }) => name.endsWith('_FILE')).map(({ value }) => value);
    for (const file of files) expect(volumeMounts.some(({ mountPath }) => file.startsWith(`${mountPath}/`))).toBe(true);
  });

  test('run an agent that polls and maintains a pull secret', () => {
    const [{ args, env, ports, livenessProbe }] = deployment.spec.template.spec.containers;
    const command = commandOf(args, { ...IN_CLUSTER, ...variablesOf(env) });

    expect(command).toMatchObject({
      kind: 'serve',
      service: {
        host: '0.0.0.0',
        channel: { kind: 'poll' },
        check: { secrets: { identity: { kind: 'workloadIdentity' } } },
        consumers: {
          pullSecrets: [{ namespace: 'edge-apps', name: 'edge-pull' }],
          kubernetes: { url: 'https://10.0.0.1:443' },
        },
      },
    });
    expect(ports).toEqual([{ name: 'health', containerPort: (command as { service: { port: number } }).service.port }]);
    expect(livenessProbe?.httpGet).toEqual({ path: '/health', port: 'health' });
    expect(deployment.spec.template.metadata.labels).toMatchObject(deployment.spec.selector.matchLabels);
  });

  test('give the service account exactly the rights that the agent needs for the pull secret', () => {
    const role = only(all, 'Role');
    const binding = only(all, 'RoleBinding');
    const account = only(all, 'ServiceAccount').metadata;

    expect(role.rules.map(({ resourceNames, verbs }) => ({ resourceNames, verbs }))).toEqual([
      { resourceNames: ['edge-pull'], verbs: ['get', 'patch'] },
      { resourceNames: undefined, verbs: ['create'] },
    ]);
    expect(binding.roleRef.name).toBe(role.metadata.name);
    expect(binding.subjects).toEqual([{ kind: 'ServiceAccount', name: account.name, namespace: account.namespace }]);

    const namespaces = new Set(all.map((one) => one.metadata.namespace ?? one.metadata.name));
    expect([...namespaces, job.metadata.namespace]).toEqual(['edge-apps', 'edge-apps']);
  });

  test('run one check as a job', () => {
    const [{ args, env }] = job.spec.template.spec.containers;
    const command = commandOf(args, { ...IN_CLUSTER, ...variablesOf(env) });

    expect(command).toMatchObject({
      kind: 'once',
      image: 'hello-world:latest',
      secret: { name: expect.stringMatching(/^contosoregistry-plantseven-plant-7-[0-9a-f]{16}$/) as string },
    });
    expect(job.spec.template.spec.restartPolicy).toBe('Never');
  });
});

describe('the Kubernetes manifest of a device that joins', () => {
  const all = objectsOf('packages/agent/deploy/kubernetes-joined.yaml');
  const deployment = only(all, 'Deployment');
  const { spec } = deployment.spec.template;
  const [join] = spec.initContainers ?? [];
  const [agent] = spec.containers;

  test('joins with the token in its secret before the agent starts, on the same folder', () => {
    const joining = commandOf(join?.args ?? [], variablesOf(join?.env ?? []));
    const command = commandOf(agent.args, { ...IN_CLUSTER_ONLY, ...variablesOf(agent.env) });

    expect(joining).toMatchObject({ kind: 'join', join: { tokenFile: '/join/token', again: false } });
    expect(command).toMatchObject({
      kind: 'serve',
      service: {
        channel: { kind: 'joined' },
        consumers: { pullSecrets: [{ namespace: 'edge-apps', name: 'edge-pull' }] },
      },
    });
    expect((joining as { join: { folder: string } }).join.folder).toBe('/state/device');
    expect((command as { service: { channel: { folder: string } } }).service.channel.folder).toBe('/state/device');
    expect(join?.image).toBe(agent.image);
  });

  test('mounts what both use, and keeps rights to the keys as the agent needs them', () => {
    const mounts = [...(join?.volumeMounts ?? []), ...agent.volumeMounts];
    expect(new Set(mounts.map(({ name }) => name))).toEqual(new Set(spec.volumes.map(({ name }) => name)));
    expect(mounts.filter(({ readOnly }) => !readOnly).map(({ mountPath }) => mountPath)).toEqual(['/state', '/state']);
    expect(agent.volumeMounts.map(({ name }) => name)).not.toContain('join');
    const claim = only(all, 'PersistentVolumeClaim').metadata.name;
    expect(spec.volumes).toContainEqual({ name: 'state', persistentVolumeClaim: { claimName: claim } });
    expect(spec.securityContext).toMatchObject({ fsGroup: 1000, fsGroupChangePolicy: 'OnRootMismatch' });
    expect(deployment.spec.template.metadata.labels).toEqual(deployment.spec.selector.matchLabels);
  });

  test('uses the service account of the other manifest', () => {
    const account = only(objectsOf('packages/agent/deploy/kubernetes.yaml'), 'ServiceAccount').metadata;
    expect([spec.serviceAccountName, deployment.metadata.namespace]).toEqual([account.name, account.namespace]);
  });
});

describe('the systemd units', () => {
  /** Values by their name, as often as it occurs. */
  const unit = (name: string) => {
    const lines = read(`packages/agent/deploy/${name}`).split('\n');
    return (key: string) => lines.flatMap((line) => (line.startsWith(`${key}=`) ? [line.slice(key.length + 1)] : []));
  };
  const argsOf = ([command = '']: string[]) => command.split(' ').slice(2);

  test('join with the token as a credential, into the folder that the agent then uses', () => {
    const join = unit('connected-registry-join.service');
    const agent = unit('connected-registry-agent.service');
    const env = Object.fromEntries(agent('Environment').map((line) => line.split('=') as [string, string]));
    const joining = commandOf(argsOf(join('ExecStart')), {});
    const command = commandOf(argsOf(agent('ExecStart')), env);

    expect(joining).toMatchObject({ kind: 'join', join: { tokenFile: '%d/join-token' } });
    expect(join('LoadCredential')[0]).toMatch(/^join-token:/);
    const folder = (joining as { join: { folder: string } }).join.folder;
    expect(command).toMatchObject({
      kind: 'serve',
      service: {
        channel: { kind: 'joined', folder },
        consumers: { dockerConfigFile: '/var/lib/connected-registry/config.json' },
      },
    });
    for (const each of [join, agent]) {
      const folders = each('StateDirectory')[0]
        ?.split(' ')
        .map((name) => `/var/lib/${name}`);
      expect(folders).toContain(folder);
      expect(each('StateDirectoryMode')).toEqual(['0700']);
      expect(each('User')).toEqual(['connected-registry']);
    }
    expect(agent('StateDirectory')[0]).toMatch(/ connected-registry$/);
  });

  test('do not repeat what would fail again', () => {
    const { badSettings, refused } = EXIT_CODES;
    expect(unit('connected-registry-join.service')('RestartPreventExitStatus')).toEqual([`${badSettings} ${refused}`]);
    expect(unit('connected-registry-agent.service')('RestartPreventExitStatus')).toEqual([String(badSettings)]);
  });
});

describe('the IoT Edge deployment', () => {
  const setting = z.record(z.string(), z.strictObject({ value: z.string() }));
  const createOptions = z.string().transform((text) => JSON.parse(text) as Record<string, unknown>);
  const settings = z.strictObject({ image: z.string(), createOptions });
  const module = z.strictObject({
    type: z.literal('docker'),
    version: z.string().optional(),
    status: z.literal('running').optional(),
    restartPolicy: z.literal('always').optional(),
    env: setting.optional(),
    settings,
  });
  const manifest = z.strictObject({
    modulesContent: z.strictObject({
      $edgeAgent: z.strictObject({
        'properties.desired': z.strictObject({
          schemaVersion: z.literal('1.1'),
          runtime: z.strictObject({ type: z.literal('docker'), settings: z.strictObject({}) }),
          systemModules: z.strictObject({ edgeAgent: module, edgeHub: module }),
          modules: z.record(z.string().regex(/^[A-Za-z0-9_-]+$/), module),
        }),
      }),
      $edgeHub: z.strictObject({
        'properties.desired': z.strictObject({
          schemaVersion: z.literal('1.1'),
          routes: z.strictObject({}),
          storeAndForwardConfiguration: z.strictObject({ timeToLiveSecs: z.int() }),
        }),
      }),
    }),
  });

  test('runs an agent as a listening module, with the folders that it reads and writes', () => {
    const { modulesContent } = manifest.parse(JSON.parse(read('packages/agent/deploy/iotedge.json')));
    const { connectedRegistryAgent } = modulesContent.$edgeAgent['properties.desired'].modules;
    const given = Object.entries(connectedRegistryAgent?.env ?? {});

    for (const [name] of given) expect(VARIABLES).toContain(name);

    const env = Object.fromEntries(given.map(([name, { value }]) => [name, value]));
    const edge = Object.fromEntries(EDGE_VARIABLES.map((name) => [name, 'edge-value']));
    const command = commandOf([], { ...edge, IOTEDGE_WORKLOADURI: 'unix:///var/run/iotedge/workload.sock', ...env });

    expect(command).toMatchObject({
      kind: 'serve',
      service: {
        channel: { kind: 'iotHub', identity: { moduleId: 'edge-value', proof: { kind: 'workload' } } },
        check: { secrets: { identity: { kind: 'clientCertificate' } } },
        consumers: { dockerConfigFile: '/engine/config.json', secrets: [expect.any(String)] },
      },
    });

    const { HostConfig } = z
      .looseObject({ HostConfig: z.looseObject({ Binds: z.array(z.string()) }) })
      .parse(connectedRegistryAgent?.settings.createOptions);
    const mounted = HostConfig.Binds.map((bind) => bind.split(':')[1] ?? '');
    const files = given.filter(([name]) => /_(FILE|PATH)$/.test(name)).map(([, { value }]) => value);

    expect(files).toHaveLength(3);
    for (const file of files) expect(mounted.some((path) => file.startsWith(`${path}/`))).toBe(true);
    expect(connectedRegistryAgent?.version).toBe(
      (JSON.parse(read('packages/agent/deploy/package.json')) as { version: string }).version,
    );
  });
});

describe('the container', () => {
  const instructions = read('packages/agent/deploy/Containerfile')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => /^([A-Z]+) (.+)$/.exec(line)?.slice(1) ?? [line]);
  const json = (path: string) =>
    JSON.parse(read(path)) as Record<'dependencies' | 'devDependencies', Record<string, string>> & {
      packages: Record<string, { dependencies: unknown }>;
    };

  test('is built from existing files, and starts what the build creates', () => {
    const copied = instructions
      .filter(([name, rest]) => name === 'COPY' && !rest?.startsWith('--from'))
      .flatMap(([, rest = '']) => rest.split(' ').slice(0, -1));

    expect(copied.length).toBeGreaterThan(5);
    expect(copied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);

    const [, entry = ''] = instructions.find(([name]) => name === 'ENTRYPOINT') ?? [];
    expect(JSON.parse(entry)).toEqual(['node', 'dist/main.mjs']);

    const variables = instructions.filter(([name]) => name === 'ENV').flatMap(([, rest = '']) => rest.split(' '));
    for (const variable of variables) expect([...VARIABLES, 'NODE_ENV']).toContain(variable.split('=')[0]);
  });

  test('has every package that the agent loads, in the version that the tests use', () => {
    const root = json('package.json');
    const device = json('packages/agent/deploy/package.json');
    const packages = packagesBehind('packages/agent/src/main.ts');

    expect([...packages].sort()).toEqual(Object.keys(device.dependencies).sort());

    for (const [name, version] of Object.entries(device.dependencies)) {
      expect([name, root.dependencies[name] ?? root.devDependencies[name]]).toEqual([name, version]);
    }

    expect(json('packages/agent/deploy/package-lock.json').packages['']?.dependencies).toEqual(device.dependencies);
  });
});

test('every variable is in --help', () => {
  const names = [...VARIABLES, 'NODE_EXTRA_CA_CERTS'];
  expect(names.filter((name) => !USAGE.includes(name))).toEqual([]);
  for (const line of USAGE.split('\n')) expect(line.length).toBeLessThanOrEqual(130);
});

/** The packages that a source loads, itself or by what it loads. */
function packagesBehind(path: string, met = new Set<string>(), packages = new Set<string>()): Set<string> {
  if (met.has(path)) return packages;
  met.add(path);
  for (const [, name = ''] of read(path).matchAll(/(?: from |import\()'([@a-zA-Z0-9./:-]+)'/g)) {
    const [, workspace, file] = /^@connected-registry\/([a-z-]+)\/(.+)$/.exec(name) ?? [];
    if (workspace !== undefined) packagesBehind(`packages/${workspace}/src/${file}.ts`, met, packages);
    else if (name.startsWith('.')) packagesBehind(join(dirname(path), name.replace(/js$/, 'ts')), met, packages);
    else if (!name.startsWith('node:')) packages.add(name);
  }
  return packages;
}

function variablesOf(env: { name: string; value: string }[]): Record<string, string> {
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}
