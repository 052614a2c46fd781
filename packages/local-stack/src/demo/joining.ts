import type { Replaced } from './quickstart.js';

/** What an operator does to let a device in that has no identity in Entra. */
export function joinTokenStep(connectedRegistry: string, client: string, expiresAt: string): Replaced {
  return {
    done: `for one use, until ${expiresAt.slice(0, 16)}Z`,
    byHand: `crctl enrol ${connectedRegistry}/${client} --out /run/join-token`,
  };
}

/** What the device does with its join token. @param thumbprint of the key that it has made */
export function joinStep(thumbprint: string): Replaced {
  return {
    done: `made its keys; the app knows ${thumbprint.slice(0, 10)}...`,
    byHand: 'agent join --token-file /run/join-token --url $APP',
  };
}

export const AGENT_STEP: Replaced = { done: 'asks for its messages, signed', byHand: 'CHANNEL=joined agent' };

/** What a device of a hub does to be let in. @param thumbprint of the key that it has made */
export function reportedKeyStep(thumbprint: string): Replaced {
  return {
    done: `made its keys, and reports ${thumbprint.slice(0, 10)}... in its twin`,
    byHand: 'CHANNEL=iotHub IOTHUB_SEALED=true agent',
  };
}

/** By step of the flow, for a device that has keys of its own. */
export const FOR_SEALED: Readonly<Record<string, Replaced>> = {
  preflight: { done: 'registry, sync scope, names and caps fit' },
  ensureScopeMap: { done: 'a scope map for its repositories' },
  ensureToken: { done: 'a token of its own' },
  issueCredentials: { done: 'password in the vault, seen by nobody' },
  bind: { done: 'the connected registry takes the token' },
  pullCheck: { done: 'got the password sealed to its key, pulled, every digest checked' },
  promote: { done: 'the proven password is the current one' },
  announce: { done: 'the device is notified of the new version' },
};
