// azd's postprovision hook: makes the key that signs reports, unless the vault has one, and has the app read it. The
// value is in this process and, for the moment of the deployment, in a file that only this user may read; it is no
// output and in no log.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { az, exists, hook, output } from './az.mjs';

const template = join(dirname(dirname(fileURLToPath(import.meta.url))), 'report-keys.bicep');
/** As SHA-256 puts out; fewer would be easier to guess than the code. */
const KEY_BYTES = 32;

await hook(() => {
  const vaultId = output('VAULT_ID');
  const name = output('REPORT_KEY_NAME');
  const appId = output('FUNCTION_APP_ID');
  const [, , subscription = '', , group = '', , , , vault = ''] = vaultId.split('/');

  if (exists(`${vaultId}/secrets/${name}`, '2026-02-01')) {
    console.log(`The vault has the secret ${name}; it is kept.`);
  } else {
    const folder = mkdtempSync(join(tmpdir(), 'report-keys-'));
    try {
      const key = randomBytes(KEY_BYTES).toString('base64url');
      const parameters = { vaultName: { value: vault }, name: { value: name }, keys: { value: `k1:${key}` } };
      const file = join(folder, 'parameters.json');
      const schema = 'https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#';
      const content = JSON.stringify({ $schema: schema, contentVersion: '1.0.0.0', parameters });
      writeFileSync(file, content, { mode: 0o600 });
      const scope = ['--subscription', subscription, '--resource-group', group];
      const what = ['--name', 'report-keys', '--template-file', template, '--parameters', `@${file}`];
      az(['deployment', 'group', 'create', ...scope, ...what], [key]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    console.log(`Made the secret ${name} in the vault.`);
  }

  // The setting that refers to it was there first, and was looked up in vain.
  const refresh = `${appId}/config/configreferences/appsettings/refresh?api-version=2024-11-01`;
  az(['rest', '--method', 'post', '--url', refresh]);
});
