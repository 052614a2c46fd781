import { expect, it } from 'vitest';
import { keepManagedIdentitySecrets } from '../../src/redaction/managedIdentitySecrets.js';
import { seenSecrets } from '../../src/redaction/seenSecrets.js';

it.each(['IDENTITY_HEADER', 'MSI_SECRET'])('%s is redacted from output', (name) => {
  const value = `${name.toLowerCase()}-853b9a84-5bfa-4b22-a3f3-0b9a43d9ad8a`;
  keepManagedIdentitySecrets({ [name]: value });
  expect(seenSecrets.redact(`the endpoint repeats ${value}`)).not.toContain(value);
});
