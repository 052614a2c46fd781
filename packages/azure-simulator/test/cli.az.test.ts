import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn } from '../src/cli/login.js';
import type { World } from '../src/world.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));

interface Outcome {
  code: number | null;
  out: never;
  text: string;
  errors: string;
}

/** The real Azure CLI, unchanged, with the quickstart's commands and those that manage their results. */
describe('the Azure CLI', () => {
  const data = mkdtempSync(join(tmpdir(), 'azure-cli-'));
  let server: ChildProcess | undefined;
  let environment: Record<string, string>;
  const TOKEN = 'myconnectedregistry-client-token';
  const MAP = 'hello-world-scopemap';

  beforeAll(async () => {
    if (spawnSync('az', ['version'], { stdio: 'ignore' }).status !== 0) {
      throw new Error(
        "The Azure CLI, 'az', is not installed (Debian package azure-cli): nothing of the simulator was tested with it.",
      );
    }
    server = spawn(process.execPath, [MAIN, '--port', '0', '--data', data, '--quiet'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const started = server;
    const url = await new Promise<string>((resolve, reject) => {
      started.once('exit', () => reject(new Error('the control plane ended')));
      started.stdout?.once('data', (line: Buffer) => resolve(line.toString().trim().split(' ').at(-1) ?? ''));
    });
    const world = JSON.parse(readFileSync(join(data, 'world.json'), 'utf8')) as World;
    const azure = { arm: url, caFile: join(data, 'tls', 'ca.pem'), tenantId: world.tenantId };
    writeFileSync(join(data, 'endpoints.json'), JSON.stringify({ azure, identities: world.identities }), {
      mode: 0o600,
    });
    environment = logIn(data, join(data, 'az'));
  });
  afterAll(async () => {
    const ended = new Promise((resolve) => {
      server?.once('close', resolve);
    });
    server?.kill('SIGTERM');
    if (server) await ended;
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  });

  const az = (command: string | readonly string[]): Promise<Outcome> =>
    new Promise((resolve) => {
      const words = typeof command === 'string' ? command.split(' ') : command;
      const child = spawn('az', [...words, '-o', 'json'], { env: { ...process.env, ...environment } });
      let text = '';
      let errors = '';
      child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      child.once('close', (code) => {
        let out: unknown;
        try {
          out = JSON.parse(text);
        } catch {
          out = undefined;
        }
        resolve({ code, out: out as never, text, errors });
      });
    });
  const good = async (command: string): Promise<never> => {
    const { code, out, errors } = await az(command);
    expect(`${errors}\nexit code ${code}`).toMatch(/exit code 0$/);
    return out;
  };
  const acr = (command: string): Promise<never> => good(`acr ${command} -r myregistry`);

  it('is signed in by a shell that sources the output of npm run az-login', () => {
    const script = fileURLToPath(new URL('../dist/cli/login.js', import.meta.url));
    const config = join(data, 'another az');

    const login = spawnSync(process.execPath, [script, '--data', data, '--config', config], { encoding: 'utf8' });

    expect(login).toMatchObject({ status: 0, stdout: `. '${join(config, 'environment.sh')}'\n` });

    const commands = `${login.stdout}az account show --query environmentName --output tsv`;
    expect(spawnSync('sh', ['-c', commands], { encoding: 'utf8' }).stdout).toBe('local\n');

    const refused = spawnSync(process.execPath, [script, '--data', join(data, 'nothing')], { encoding: 'utf8' });
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('is it running?');
  });

  it("runs the quickstart's commands: scope map, token, binding, credentials", async () => {
    const map = await acr(`scope-map create --name ${MAP} --repository hello-world content/read`);
    expect(map).toMatchObject({ name: MAP, actions: ['repositories/hello-world/content/read'] });

    const token = await acr(`token create --name ${TOKEN} --scope-map ${MAP}`);
    expect(token).toMatchObject({
      credentials: { username: TOKEN, passwords: [{ name: 'password1' }, { name: 'password2' }] },
    });

    const bound = await acr(`connected-registry update --name myconnectedregistry --add-client-token ${TOKEN}`);
    expect((bound as { clientTokenIds: string[] }).clientTokenIds[0]).toMatch(new RegExp(`/tokens/${TOKEN}$`));

    const made = await acr(`token credential generate -n ${TOKEN} --password1 --expiration-in-days 30`);
    expect((made as { passwords: { value: string }[] }).passwords[0]?.value).toHaveLength(52);
  });

  it('lists and shows resources, and keeps one binding if it is added twice', async () => {
    expect(await acr('connected-registry list-client-tokens -n myconnectedregistry')).toMatchObject([{ name: TOKEN }]);

    await acr(`connected-registry update --name myconnectedregistry --add-client-token ${TOKEN}`);

    const shown = await acr('connected-registry show -n myconnectedregistry');

    expect(shown).toMatchObject({ mode: 'ReadOnly', activation: { status: 'Active' } });
    expect((shown as { clientTokenIds: string[] }).clientTokenIds).toHaveLength(1);
    expect(await acr('connected-registry list')).toHaveLength(1);
    expect(await acr('token list')).toMatchObject([{ name: 'myconnectedregistry' }, { name: TOKEN }]);
    expect(JSON.stringify(await acr('scope-map list'))).toContain(MAP);
  });

  it('deletes one password, disables the token, and adds and removes actions of its scope map', async () => {
    const after = await acr(`token credential delete -n ${TOKEN} --password1`);
    expect(after).toMatchObject({ credentials: { passwords: [{ name: 'password2' }] } });
    expect(await acr(`token update -n ${TOKEN} --status disabled`)).toMatchObject({ status: 'disabled' });

    const wider = await acr(`scope-map update -n ${MAP} --add-repository hello-world metadata/read`);
    expect((wider as { actions: string[] }).actions).toHaveLength(2);

    const narrower = await acr(`scope-map update -n ${MAP} --remove-repository hello-world metadata/read`);
    expect((narrower as { actions: string[] }).actions).toEqual(['repositories/hello-world/content/read']);
  });

  it('creates and deletes connected registries, also nested ones, with settings and permissions', async () => {
    await acr('connected-registry create --name another --repository hello-world --mode ReadOnly');
    await acr('connected-registry create --name nested --repository hello-world --mode ReadOnly --parent another');
    await acr('connected-registry permissions update -n nested --add private-base');

    const { actions } = (await acr('connected-registry permissions show -n another')) as { actions: string[] };

    expect(actions).toEqual(
      expect.arrayContaining(['gateway/nested/config/read', 'repositories/private-base/content/read']),
    );

    const settings = await acr(
      'connected-registry get-settings -n another --parent-protocol https --generate-password 1 -y',
    );

    expect(JSON.stringify(settings)).toContain(
      'ConnectedRegistryName=another;SyncTokenName=another;SyncTokenPassword=',
    );

    const refused = await az('acr connected-registry delete -n another --cleanup -y -r myregistry');
    expect(refused.code).toBe(1);

    await acr('connected-registry deactivate -n nested -y');
    await acr('connected-registry delete -n nested --cleanup -y');
    await acr('connected-registry delete -n another --cleanup -y');

    expect(JSON.stringify(await acr('token list'))).not.toContain('nested');
  });

  it('changes how a connected registry syncs, logs and notifies', async () => {
    const name = 'connected-registry update --name myconnectedregistry';

    const scheduled = await az([
      ...`acr ${name} -r myregistry --sync-window PT4H --sync-message-ttl P5D --log-level Debug`.split(' '),
      '--sync-schedule',
      '0 12 * * *',
    ]);

    expect(scheduled.out).toMatchObject({
      logging: { logLevel: 'Debug' },
      parent: { syncProperties: { schedule: '0 12 * * *', syncWindow: '4:00:00', messageTtl: '5 days, 0:00:00' } },
    });

    const notified = await acr(`${name} --add-notifications hello-world:*:push`);
    expect(notified).toMatchObject({ notificationsList: ['hello-world:*:push'] });
  });

  it('creates tokens by repository and by gateway, without passwords, and disabled', async () => {
    const quick = await acr('token create -n quick-token --repository hello-world content/read metadata/read');
    expect(quick).toMatchObject({ scopeMapId: expect.stringMatching(/quick-token-scope-map$/) as string });

    const gateway = 'token create -n gateway-token --gateway myconnectedregistry config/read --no-passwords true';
    expect(await acr(gateway)).toMatchObject({ credentials: { passwords: [] } });

    const off = await acr('token create -n off-token --scope-map _repositories_pull --status disabled');
    expect(off).toMatchObject({ status: 'disabled' });

    const made = await acr('token credential generate -n quick-token --password2 --expiration 2040-01-01T00:00:00Z');
    expect(made).toMatchObject({ passwords: [{ name: 'password2', expiry: '2040-01-01T00:00:00+00:00' }] });

    for (const name of ['quick-token', 'gateway-token', 'off-token']) await acr(`token delete -n ${name} -y`);
    for (const name of ['quick-token', 'gateway-token']) await acr(`scope-map delete -n ${name}-scope-map -y`);
  });

  it('installs a nested connected registry, renews its credentials and deactivates it', async () => {
    await acr('connected-registry create --name parentone --repository hello-world private-base --mode ReadOnly');
    await acr('connected-registry create --name childone --repository hello-world --mode ReadOnly --parent parentone');

    expect(await acr('connected-registry list -p parentone')).toMatchObject([{ name: 'childone' }]);
    expect(JSON.stringify(await acr('connected-registry list --no-children'))).not.toContain('"childone"');

    const info = await acr('connected-registry install info -n childone --parent-protocol http');
    expect(info).toMatchObject({ SYNC_TOKEN_USER: 'childone' });

    const renewed = await acr('connected-registry install renew-credentials -n childone --parent-protocol http -y');
    expect((renewed as { SYNC_TOKEN_PASSWORD: string }).SYNC_TOKEN_PASSWORD).toHaveLength(52);

    await acr('connected-registry permissions update -n childone --add private-base --remove hello-world');

    const { actions } = (await acr('connected-registry permissions show -n childone')) as { actions: string[] };

    expect(actions).toContain('repositories/private-base/content/read');
    expect(actions).not.toContain('repositories/hello-world/content/read');

    await acr('connected-registry deactivate -n childone -y');
    expect(await acr('connected-registry show -n childone')).toMatchObject({ activation: { status: 'Inactive' } });

    await acr('connected-registry delete -n childone --cleanup -y');

    const parent = (await acr('connected-registry permissions show -n parentone')) as { actions: string[] };

    expect(parent.actions.filter((action) => action.startsWith('gateway/childone/'))).toEqual([]);

    await acr('connected-registry delete -n parentone -y');
    await acr('token delete -n parentone -y');
    await acr('scope-map delete -n parentone -y');
  });

  it('shows the errors for invalid names, tiers and sync windows', async () => {
    const refusals = [
      ['scope-map create -n tiny --repository hello-world content/read', 'InvalidResourceName'],
      ['token create -n under_score --scope-map _repositories_pull', 'InvalidResourceName'],
      ['connected-registry update -n myconnectedregistry --sync-message-ttl PT1H', 'InvalidDuration'],
    ] as const;
    for (const [command, code] of refusals) {
      const { code: exit, errors } = await az(`acr ${command} -r myregistry`);
      expect(`${exit} ${errors}`).toMatch(new RegExp(`^1 [^]*${code}`));
    }

    const basic = await az('acr update -n myregistry --sku Basic');

    expect(`${basic.code} ${basic.errors}`).toMatch(/^1 [^]*FeatureNotSupported/);

    const closed = await az('acr update -n myregistry --data-endpoint-enabled false');
    expect(`${closed.code} ${closed.errors}`).toMatch(/^1 [^]*ConnectedRegistriesExist/);
  });

  it("shows Entra ID's error for a wrong secret", async () => {
    const world = JSON.parse(readFileSync(join(data, 'world.json'), 'utf8')) as World;
    const { clientId } = world.identities.app;
    const login = `login --service-principal --tenant ${world.tenantId} --username ${clientId} --password wrong`;

    const { code, errors } = await az(login);

    expect(`${code} ${errors}`).toMatch(/^1 [^]*AADSTS7000215/);
    expect(await good('account show')).toMatchObject({ state: 'Enabled' });
  });

  it("exits with 3 if a resource is not found, and with 1 and the simulator's error if a request is refused", async () => {
    const missing = await az('acr token show -n nothing-here -r myregistry');
    expect(missing.code).toBe(3);
    expect(missing.errors).toContain('ResourceNotFound');

    const used = await az(`acr scope-map delete -n ${MAP} -y -r myregistry`);
    expect(used.code).toBe(1);
    expect(used.errors).toContain('ScopeMapInUse');
  });

  it('removes the binding, the token and the scope map in this order', async () => {
    const after = await acr(`connected-registry update --name myconnectedregistry --remove-client-token ${TOKEN}`);
    expect(after).toMatchObject({ clientTokenIds: null });

    await acr(`token delete -n ${TOKEN} -y`);
    await acr(`scope-map delete -n ${MAP} -y`);

    expect((await az(`acr token show -n ${TOKEN} -r myregistry`)).code).toBe(3);
  });

  it('shows account, group and resources, and calls the vault and the hub with tokens for them', async () => {
    expect(await good('account show')).toMatchObject({ state: 'Enabled', environmentName: 'local' });
    expect(await good('group list')).toMatchObject([{ name: 'onboarding-local' }]);
    expect(await good('acr list')).toMatchObject([{ name: 'myregistry', sku: { name: 'Premium' } }]);
    expect(JSON.stringify(await good('resource list'))).toContain('Microsoft.KeyVault/vaults');

    const url = JSON.parse(readFileSync(join(data, 'endpoints.json'), 'utf8')) as { azure: { arm: string } };

    const secret = await az(
      `rest --url ${url.azure.arm}/secrets/nothing?api-version=7.4 --resource https://vault.azure.net`,
    );

    expect(secret.errors).toContain('SecretNotFound');
    expect(await good('iot hub show -n onboarding-local-hub')).toMatchObject({ properties: { state: 'Active' } });

    const devices = `${url.azure.arm}/iothub/devices?api-version=2021-04-12`;
    expect(await good(`rest --url ${devices} --resource https://iothubs.azure.net`)).toEqual([]);

    const keys = await good('eventgrid topic key list -g onboarding-local -n requests');
    expect(keys).toMatchObject({ key1: expect.stringMatching(/=$/) as string });
  });
});
