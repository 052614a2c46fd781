/** Names of Microsoft's quickstart "Pull images from a connected registry on IoT Edge device" (Azure docs). */
export const QUICKSTART = {
  scopeMap: 'hello-world-scopemap',
  token: 'myconnectedregistry-client-token',
  repository: 'hello-world',
} as const;

/** What one step of the flow did, and what a person would do instead, if anything. */
export interface Replaced {
  done: string;
  byHand?: string;
}

/** By step of the flow. Commands are the quickstart's own; steps in brackets are left to its reader. */
export function replacedBySteps(names: {
  registry: string;
  connectedRegistry: string;
  edgeHost: string;
}): Record<string, Replaced> {
  const { scopeMap, token, repository } = QUICKSTART;
  const { registry, connectedRegistry, edgeHost } = names;
  return {
    preflight: {
      done: 'registry, sync scope, names and caps fit',
      byHand: '(finding out afterwards)',
    },
    ensureScopeMap: {
      done: `scope map ${scopeMap}`,
      byHand: `az acr scope-map create --name ${scopeMap} --registry ${registry} --repository ${repository} content/read`,
    },
    ensureToken: {
      done: `token ${token}`,
      byHand: `az acr token create --name ${token} --registry ${registry} --scope-map ${scopeMap}`,
    },
    grantAccess: {
      done: 'the device reads its own two secrets',
      byHand:
        'az role assignment create --role "Key Vault Secrets User" --assignee-object-id <object_id> --scope <secret_id>, twice',
    },
    issueCredentials: {
      done: 'password in the vault, seen by nobody',
      byHand: '(copying the passwords that the command above prints)',
    },
    bind: {
      done: `${connectedRegistry} takes the token`,
      byHand: `az acr connected-registry update --name ${connectedRegistry} --registry ${registry} --add-client-token ${token}`,
    },
    pullCheck: {
      done: 'pulled, every digest checked',
      byHand: `docker login --username ${token} --password <token_password> ${edgeHost} && docker pull ${edgeHost}/${repository}`,
    },
    promote: {
      done: 'the proven password is the current one',
      byHand: '(taking the password to the device)',
    },
    confirmAccess: {
      done: 'the device still has this access',
      byHand: '(finding out when its next pull fails)',
    },
    announce: {
      done: 'the device is notified',
      byHand: '(telling whoever runs it)',
    },
  };
}
