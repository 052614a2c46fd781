/** Addresses of the management API for clients and callers. */
import type { RpcBindingInfo } from '../../worker/app.js';

/** Name of the storage connection in links. This host has only one store. */
const connection = 'Storage';

/** Path of the management API under the host's address. */
export const webhookPath = '/runtime/webhooks/durabletask';

/** The parts of links. */
export interface LinkParts {
  /** `http://host:port` */
  readonly origin: string;
  readonly hubName: string;
  /** System key of the webhook. */
  readonly key: string;
}

/** .NET's WebUtility.UrlEncode. */
const encoded = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[~']/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');

/** The links of one instance, in the order of answers. */
export function instanceLinks(parts: LinkParts, id: string, pathId = encoded(id)): Record<string, string> {
  const instance = `${parts.origin}${webhookPath}/instances/${pathId}`;
  const query = `taskHub=${encoded(parts.hubName)}&connection=${connection}&code=${parts.key}`;
  return {
    id,
    statusQueryGetUri: `${instance}?${query}`,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}?${query}`,
    terminatePostUri: `${instance}/terminate?reason={text}&${query}`,
    rewindPostUri: `${instance}/rewind?reason={text}&${query}`,
    purgeHistoryDeleteUri: `${instance}?${query}`,
    restartPostUri: `${instance}/restart?${query}`,
    suspendPostUri: `${instance}/suspend?reason={text}&${query}`,
    resumePostUri: `${instance}/resume?reason={text}&${query}`,
  };
}

/** The placeholder of the instance id in a binding's links. The SDK replaces it. */
const placeholder = 'INSTANCEID';

/** The JSON text of a durableClient input. */
export function clientBindingText(
  parts: LinkParts & { rpcBaseUrl: string },
  binding: Pick<RpcBindingInfo, 'type'> & Partial<RpcBindingInfo>,
): string {
  const hubName =
    typeof binding['taskHub'] === 'string' && binding['taskHub'] !== '' ? binding['taskHub'] : parts.hubName;
  const baseUrl = `${parts.origin}${webhookPath}`;
  const code = `code=${parts.key}`;
  const create = `${baseUrl}/orchestrators/{functionName}[/{instanceId}]`;
  return JSON.stringify({
    taskHubName: hubName,
    connectionName: typeof binding['connectionName'] === 'string' ? binding['connectionName'] : null,
    creationUrls: {
      createNewInstancePostUri: `${create}?${code}`,
      createAndWaitOnNewInstancePostUri: `${create}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${code}`,
    },
    managementUrls: instanceLinks({ ...parts, hubName }, placeholder, placeholder),
    baseUrl,
    requiredQueryStringParameters: code,
    rpcBaseUrl: parts.rpcBaseUrl,
    httpBaseUrl: null,
  });
}
