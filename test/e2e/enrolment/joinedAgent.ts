import { startTestStack, type TestStack } from '../harness/testStack.js';

/** Starts a stack for devices that join and rotate, without one of its own. */
export async function startStackForAgents(): Promise<TestStack> {
  // A regenerated password takes a minute to be known in Azure; here a second.
  const settings = { PULL_CHECK_RETRY_SECONDS: '1', PASSWORD_REPLICATION_SECONDS: '1' };
  const it = await startTestStack({ device: false, settings });
  await it.stack.controlPlane.https(`${it.stack.endpoints.azure.arm}/_control/settings`, {
    method: 'PATCH',
    body: { replicationSeconds: 1 },
  });
  return it;
}

/** Variables of an agent whose device has joined. @param file docker's config.json that it keeps */
export function joinedAgent({ stack }: TestStack, file: string): Record<string, string> {
  return {
    CHANNEL: 'joined',
    PORT: '0',
    // Keys are renewed between two requests for messages.
    POLL_WAIT_SECONDS: '2',
    INSECURE_REGISTRIES: stack.endpoints.edge.host,
    DOCKER_CONFIG_FILE: file,
  };
}
