/**
 * Loaded into the app's process by `bench:fleet`: counts how often the app asks the host for the state of an instance
 * or an entity, each of which is a read of the storage, and writes the count into the file that STORAGE_READS_FILE
 * names.
 */
import { channel } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { renameSync, writeFileSync } from 'node:fs';

/** Milliseconds between two writes. */
const WRITE_EVERY = 250;
const READ = /\/durabletask\/(?:instances|entities)\//;

const file = process.env['STORAGE_READS_FILE'];
let [count, written] = [0, -1];
channel('http.client.request.start').subscribe((message) => {
  const { request } = message as { readonly request: ClientRequest };
  if (request.method === 'GET' && READ.test(request.path)) count += 1;
});
if (file !== undefined)
  setInterval(() => {
    if (count === written) return;
    // Renamed, so that nobody reads half of it.
    writeFileSync(`${file}.new`, String(count));
    renameSync(`${file}.new`, file);
    written = count;
  }, WRITE_EVERY).unref();
