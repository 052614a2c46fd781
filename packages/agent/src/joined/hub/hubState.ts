import { z } from 'zod';
import { admission } from '@connected-registry/protocol/enrolment/messages';
import { NAME_RULES } from '@connected-registry/protocol/names/names';
import { parseJson } from '@connected-registry/protocol/json/parseJson';
import { seenSecrets } from '@connected-registry/protocol/redaction/seenSecrets';
import { takeFolder } from '../folder/folderLock.js';
import type { FolderLock } from '../folder/folderLock.js';
import { JoinFolderFailure, makeJoinFolder, openJoinFolder } from '../folder/joinFolder.js';
import type { JoinFolder } from '../folder/joinFolder.js';
import type { DeviceKeyStore } from '../keys/deviceKeyStore.js';
import { keyFiles } from '../keys/keyFiles.js';
import { readMembership, readUnfinishedJoin } from '../membership.js';
import { thumbprintOfPair } from '../session.js';

const FILE = 'hub.json';

const hubAdmission = z.strictObject({
  registry: z.string().regex(NAME_RULES.registry),
  connectedRegistry: z.string().regex(NAME_RULES.connectedRegistry),
  client: z.string().regex(NAME_RULES.client),
  ...admission.shape,
});
/** What the app has sent the device through its hub: its names, and its pass and channel key. */
export type HubAdmission = z.infer<typeof hubAdmission>;

const hubState = z.strictObject({
  /** The keys that the device reports. */
  thumbprint: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  /** Absent until the app has used these keys. */
  admission: hubAdmission.optional(),
});
/** What a device of a hub keeps beside its keys. */
export type HubState = z.infer<typeof hubState>;

/** The keys and state of a device of a hub, in a folder that this process holds. */
export interface HeldHubKeys {
  readonly folder: JoinFolder;
  readonly lock: FolderLock;
  readonly keys: DeviceKeyStore;
  readonly state: HubState;
}

/**
 * Takes the folder for this process, and makes keys in it if it has none. They are on disk before anybody hears of
 * them.
 * @throws JoinFolderFailure
 */
export async function takeHubKeys(path: string): Promise<HeldHubKeys> {
  const folder = await makeJoinFolder(path);
  const lock = await takeFolder(path);
  try {
    await folder.tidy();
    if ((await readMembership(folder)) ?? (await readUnfinishedJoin(folder))) {
      throw new JoinFolderFailure(`${path} holds a join by a join token. Set JOIN_FOLDER to another folder.`);
    }
    return { folder, lock, ...(await keysIn(folder)) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function keysIn(folder: JoinFolder): Promise<Pick<HeldHubKeys, 'keys' | 'state'>> {
  const stores = keyFiles(folder);
  const before = await readState(folder);
  const found = before && (await stores.find(before.thumbprint));
  if (before && found) {
    await stores.keepOnly([before.thumbprint]);
    return { keys: found, state: before };
  }
  // A pair that was made and not written down was reported to nobody. One whose keys are lost is replaced, as the hub
  // vouches.
  const keys = await stores.create('p256');
  const state = { thumbprint: await thumbprintOfPair(keys) };
  await writeHubState(folder, state);
  await stores.keepOnly([state.thumbprint]);
  return { keys, state };
}

/**
 * Reads the keys and state of a device whose agent may be running.
 * @throws JoinFolderFailure if there are none that can be used
 */
export async function readHubState(
  path: string,
): Promise<{ readonly keys: DeviceKeyStore; readonly admission: HubAdmission }> {
  const folder = await openJoinFolder(path);
  const state = folder && (await readState(folder));
  const keys = folder && state && (await keyFiles(folder).find(state.thumbprint));
  if (keys && state?.admission) return { keys, admission: state.admission };
  throw new JoinFolderFailure(
    `${path} has no keys that the app has used yet. Start the agent, and onboard the client.`,
  );
}

/** @throws JoinFolderFailure */
async function readState(folder: JoinFolder): Promise<HubState | undefined> {
  const text = await folder.read(FILE);
  if (text === undefined) return undefined;
  const parsed = hubState.safeParse(parseJson(text));
  if (!parsed.success) {
    throw new JoinFolderFailure(`${folder.path}/${FILE} is not a file of the agent. Remove the folder.`);
  }
  remember(parsed.data);
  return parsed.data;
}

export async function writeHubState(folder: JoinFolder, state: HubState): Promise<void> {
  remember(state);
  await folder.write(FILE, `${JSON.stringify(state, null, 2)}\n`);
}

function remember({ admission: given }: HubState): void {
  seenSecrets.remember(given?.pass);
  seenSecrets.remember(given?.channelKey);
}
