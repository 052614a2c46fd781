/**
 * An ended instance as bytes of the archive: 4 bytes length of the state, the state as JSON text, and the compressed
 * history. The history stays compressed when the state is read.
 */
import { ArchiveDamagedError } from '../../store/archive.js';
import { restoredInstance, storedState, type Instance, type StoredState } from './instance.js';
import { compressed, packHistory } from './packedHistory.js';

const lengthBytes = 4;

/** Converts an ended instance. */
export function archiveForm(instance: Instance): Buffer {
  const state = Buffer.from(JSON.stringify(storedState(instance)), 'utf8');
  const length = Buffer.allocUnsafe(lengthBytes);
  length.writeUInt32LE(state.length, 0);
  return Buffer.concat([length, state, compressed(instance.packed ?? packHistory(instance.history))]);
}

/**
 * Reverses archiveForm.
 * @param id of the instance that should be there
 * @throws ArchiveDamagedError if it is another one
 */
export function fromArchive(form: Buffer, id: string): Instance {
  const end = lengthBytes + form.readUInt32LE(0);
  const state = JSON.parse(form.toString('utf8', lengthBytes, end)) as StoredState;
  if (state.id !== id)
    throw new ArchiveDamagedError(
      `The archive holds instance '${state.id}' in place of '${id}': its files are older or younger than the journal beside them.`,
    );
  // Its last change is on disk, so nobody has to wait for it: number 0.
  return { ...restoredInstance({ ...state, history: [] }, 0), packed: form.subarray(end) };
}
