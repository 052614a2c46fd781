import { z } from 'zod';
import type { Identity } from '../secrets/identity.js';
import { baseUrl, flag, text } from './values.js';

export const identityVariables = z.object({
  CREDENTIAL_KIND: z.enum(['managedIdentity', 'clientSecret', 'clientCertificate', 'workloadIdentity']).optional(),
  AZURE_TENANT_ID: text.optional(),
  AZURE_CLIENT_ID: text.optional(),
  AZURE_CLIENT_SECRET: text.optional(),
  AZURE_CLIENT_CERTIFICATE_PATH: text.optional(),
  AZURE_FEDERATED_TOKEN_FILE: text.optional(),
  AZURE_AUTHORITY_HOST: baseUrl('https').optional(),
  DISABLE_INSTANCE_DISCOVERY: flag.default(false),
});
type Variables = z.infer<typeof identityVariables>;

/** Variables that each kind requires. */
const NEEDED = {
  clientSecret: ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET'],
  clientCertificate: ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_CERTIFICATE_PATH'],
  workloadIdentity: ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_FEDERATED_TOKEN_FILE'],
  managedIdentity: [],
} as const satisfies Record<Identity['kind'], readonly (keyof Variables)[]>;

/** The device's identity in Entra. Its kind is given by a variable, or follows from the other variables. */
export const identity = identityVariables.transform((env, context): Identity => {
  const kind = env.CREDENTIAL_KIND ?? kindOf(env);
  for (const name of NEEDED[kind].filter((name) => env[name] === undefined)) {
    context.addIssue({ code: 'custom', path: [name], message: `is required with ${kind}` });
  }
  const clientId = env.AZURE_CLIENT_ID;
  if (kind === 'managedIdentity') return { kind, clientId };
  const names = {
    tenantId: env.AZURE_TENANT_ID ?? '',
    clientId: clientId ?? '',
    authority: { host: env.AZURE_AUTHORITY_HOST, disableInstanceDiscovery: env.DISABLE_INSTANCE_DISCOVERY },
  };
  switch (kind) {
    case 'clientSecret':
      return { kind, ...names, clientSecret: env.AZURE_CLIENT_SECRET ?? '' };
    case 'clientCertificate':
      return { kind, ...names, certificateFile: env.AZURE_CLIENT_CERTIFICATE_PATH ?? '' };
    case 'workloadIdentity':
      return { kind, ...names, tokenFile: env.AZURE_FEDERATED_TOKEN_FILE ?? '' };
  }
});

function kindOf(env: Variables): Identity['kind'] {
  if (env.AZURE_CLIENT_SECRET !== undefined) return 'clientSecret';
  if (env.AZURE_CLIENT_CERTIFICATE_PATH !== undefined) return 'clientCertificate';
  // The webhook of workload identity sets this in pods (azure-workload-identity docs, mutating admission webhook).
  return env.AZURE_FEDERATED_TOKEN_FILE === undefined ? 'managedIdentity' : 'workloadIdentity';
}
