import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../harness/appClient.js';
import { pullManifest } from '../harness/edge.js';
import type { Login } from '../harness/operatorSdk.js';
import type { TestStack } from '../harness/testStack.js';
import type { ClientNames } from './calls.js';
import { isReadable, type SimulatorState, type TokenState } from './simulatorState.js';

/** A client that is ready for a rotation, as it was before. */
export interface RotatedClient extends ClientNames {
  readonly before: TokenState;
  /** What the main secret held. */
  readonly login: Login;
  /** What it held earlier, and what still works. */
  readonly earlier: readonly Login[];
}

/** Seconds within which the connected registry has synced what ARM knows, also on a busy machine. */
const SYNC_SECONDS = 120;

/** What is wrong with how a rotation ended, urgent or not. */
export async function brokenByRotation(
  it: TestStack,
  names: RotatedClient,
  urgent: boolean,
  ended: Operation,
  state: SimulatorState,
): Promise<string[]> {
  const { token, before } = names;
  const found = state.tokens.get(token);
  const bindings = state.bound.filter((name) => name === token).length;
  const { residue = [] } = ended.failure ?? {};
  const isDone = ended.status === 'completed';
  const end = urgent ? (isDone ? replaced : abandoned) : isDone ? rotated : takenBack;
  return [
    ...(found?.status === 'enabled' ? [] : [`token ${token} is ${found?.status ?? 'not there'}`]),
    ...(found?.scopeMap === before.scopeMap ? [] : [`token ${token} has scope map ${found?.scopeMap ?? 'none'}`]),
    ...(bindings === 1 ? [] : [`token ${token} is bound ${bindings} times`]),
    ...(ended.status === 'rolledBack' && residue.length > 0 ? ['it says rolledBack, and lists residue'] : []),
    ...(ended.status === 'failed' && residue.length === 0 ? ['it says failed, and lists no residue'] : []),
    ...(await end(it, names, ended, state)),
  ];
}

/** The new password works, the one before does as well, and nothing else has changed. */
async function rotated(it: TestStack, names: RotatedClient, ended: Operation, state: SimulatorState) {
  const { token, before, login, secret } = names;
  const passwords = state.tokens.get(token)?.passwords ?? [];
  const kept = before.passwords.every((one) => passwords.some((other) => isDeepStrictEqual(one, other)));
  return [
    ...(kept ? [] : [`a password that was in use on token ${token} is gone`]),
    ...(passwords.length === 2 ? [] : [`token ${token} has ${passwords.length} passwords`]),
    ...(await renewed(it, names, ended, state)),
    ...((await pulls(it, login)) ? [] : [`the password before, of ${secret}, is refused`]),
  ];
}

/** All is as before, or named. */
async function takenBack(it: TestStack, names: RotatedClient, ended: Operation, state: SimulatorState) {
  const { token, before, login, secret } = names;
  const listed = ended.failure?.residue.join('\n') ?? '';
  const isListed = (...words: readonly string[]) => words.some((word) => listed.includes(word));
  const now = await loginIn(it, secret);
  return [
    ...(isDeepStrictEqual(state.tokens.get(token), before) || isListed(token, 'clearSlot')
      ? []
      : [`what was done to token ${token} is left and not listed`]),
    ...(isDeepStrictEqual(now, login) ? [] : [`secret ${secret} is not as before`]),
    ...((await pulls(it, now)) ? [] : [`the password in ${secret} is refused`]),
    ...(isReadable(state, candidateOf(names)) && !isListed(candidateOf(names), 'retireCandidate')
      ? [`secret ${candidateOf(names)} is left and not listed`]
      : []),
  ];
}

/** The new password is the only one. */
async function replaced(it: TestStack, names: RotatedClient, ended: Operation, state: SimulatorState) {
  const { token, login, earlier } = names;
  const { length } = state.tokens.get(token)?.passwords ?? [];
  return [
    ...(length === 1 ? [] : [`token ${token} has ${length} passwords`]),
    ...(await renewed(it, names, ended, state)),
    ...(await stillWorking(it, [login, ...earlier])),
  ];
}

/**
 * Nothing was replaced, and the main secret works; or the candidate holds what works, and the operation says so; or
 * what was made was lost before it was saved, and the operation lists it.
 */
async function abandoned(it: TestStack, names: RotatedClient, ended: Operation, state: SimulatorState) {
  const { token, login, secret, before } = names;
  const candidate = candidateOf(names);
  const { kept = [], residue = [] } = ended.failure ?? {};
  const saysKept = kept.some((line) => line.includes(candidate));
  const saysLost = residue.some((line) => line.includes(token));
  const isRefused = residue.some((line) => line.startsWith('keepCandidate'));
  const isUntouched = isDeepStrictEqual(state.tokens.get(token), before);
  if (isUntouched) {
    const now = await loginIn(it, secret);
    return [
      ...(isDeepStrictEqual(now, login) ? [] : [`secret ${secret} is not as before`]),
      ...((await pulls(it, now)) ? [] : [`the password in ${secret} is refused`]),
      ...(saysKept || saysLost ? ['it says that a password was replaced, and none was'] : []),
    ];
  }
  const dead = await stillWorking(it, [login]);
  if (!isReadable(state, candidate))
    return [...dead, ...(saysLost ? [] : ['a password was lost, which is not listed'])];
  const now = await loginIn(it, candidate);
  return [
    ...dead,
    ...(saysKept || isRefused ? [] : [`it does not say that ${candidate} was kept`]),
    ...((await within(SYNC_SECONDS, () => pulls(it, now))) ? [] : [`the password in ${candidate} is refused`]),
  ];
}

/** The main secret holds a new password, which works, and there is no candidate any more. */
async function renewed(it: TestStack, names: RotatedClient, ended: Operation, state: SimulatorState) {
  const { secret, login, token } = names;
  const now = await loginIn(it, secret);
  return [
    ...(ended.result?.secret.name === secret ? [] : [`the result names secret ${ended.result?.secret.name ?? 'none'}`]),
    ...(now?.password === login.password ? [`secret ${secret} holds the password before`] : []),
    ...(now?.user === token ? [] : [`secret ${secret} is for ${now?.user ?? 'nobody'}`]),
    ...((await pulls(it, now)) ? [] : [`the password in ${secret} is refused`]),
    ...(isReadable(state, candidateOf(names)) ? [`secret ${candidateOf(names)} is still enabled`] : []),
  ];
}

export async function stillWorking(it: TestStack, logins: readonly Login[]): Promise<string[]> {
  const refused = await Promise.all(logins.map((login) => within(SYNC_SECONDS, async () => !(await pulls(it, login)))));
  const working = refused.filter((isRefused) => !isRefused).length;
  return working === 0 ? [] : [`${working} passwords that are to be dead still work`];
}

export function candidateOf({ secret }: ClientNames): string {
  return `${secret}-candidate`;
}

/** What a secret's newest version holds; undefined when it cannot be read. */
export async function loginIn({ operator }: TestStack, secret: string): Promise<Login | undefined> {
  return operator.login(secret).catch(() => undefined);
}

export async function pulls({ stack }: TestStack, login: Login | undefined): Promise<boolean> {
  if (login?.host !== stack.endpoints.edge.host) return false;
  return (await pullManifest(login, 'hello-world')).status === 200;
}

async function within(seconds: number, isSo: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    if (await isSo()) return true;
    if (Date.now() > deadline) return false;
    await sleep(200);
  }
}
