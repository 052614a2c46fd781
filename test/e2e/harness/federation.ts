import type { OidcProvider } from '../../shared/oidcProvider.js';
import type { TestStack } from './testStack.js';

/** Lets tokens of a provider sign in the operator, as a federated credential of the operator's application does. */
export async function letIn({ stack }: TestStack, { credential }: OidcProvider): Promise<void> {
  const body = { identity: 'operator', ...credential };
  const url = `${stack.endpoints.azure.arm}/_control/federated-credentials`;
  const { status } = await stack.controlPlane.https(url, { method: 'POST', body });
  if (status !== 201) throw new Error(`The federated credential was answered ${status}.`);
}

/** The environment of whoever signs in as the operator without a secret. */
export function withoutSecret({ stack }: TestStack) {
  const { azure, identities } = stack.endpoints;
  return {
    AZURE_AUTHORITY_HOST: azure.authority,
    AZURE_TENANT_ID: azure.tenantId,
    AZURE_CLIENT_ID: identities.operator.clientId,
    NODE_EXTRA_CA_CERTS: azure.caFile,
  };
}
