// Starts, ends and purges instances until it is killed, and says on standard output what is safe. Runs on the compiled
// host.
import { Archiver } from '../../../dist/durable/engine/archiver.js';
import { Checkpoints } from '../../../dist/durable/engine/checkpoints.js';
import { executionStarted, turnMark } from '../../../dist/durable/history.js';
import { TaskHub } from '../../../dist/durable/hub/hub.js';
import { FileArchive } from '../../../dist/store/archive.js';
import { openFileJournal } from '../../../dist/store/fileJournal.js';

const folder = process.argv[2];
const archive = new FileArchive(folder, { segmentLength: 4000 });
const hub = new TaskHub(archive);
let last = 0;
const journal = await openFileJournal(folder, (payload, seq) => {
  hub.apply(JSON.parse(payload), seq);
  last = seq;
});
await archive.open(hub.archived.places());

const failed = (error) => {
  throw error;
};
const commit = (record) => {
  last = journal.append(JSON.stringify(record));
  hub.apply(record, last);
  archiver.look();
  checkpoints.look();
  return last;
};
const archiver = new Archiver(
  { hub, archive, commit, written: () => journal.confirmed(last), failed },
  { recent: 2, atATime: 3, copied: 1000, smallest: 1000 },
);
const checkpoints = new Checkpoints(hub, journal, failed, 20_000, 20_000);

const at = '2026-01-01T00:00:00.000Z';
const say = (text) => process.stdout.write(`${text}\n`);
const run = Math.random().toString(36).slice(2, 8);
const ids = [];

for (let index = 0; ; index += 1) {
  const id = `${run}-${index}`;
  const e = executionStarted({
    instanceId: id,
    executionId: id,
    name: 'short',
    version: null,
    input: `"${'x'.repeat(index % 300)}"`,
    parent: null,
    generation: 0,
    timestamp: at,
  });
  const n = hub.nextMessageNumber();
  commit({ k: 'start', i: id, m: { n, e } });
  const end = { ...turnMark(13, at), EventType: 1, OrchestrationStatus: 1, Result: `"${id}"`, FailureDetails: null };
  await journal.durable(
    commit({ k: 'turn', i: id, at, in: [n], drop: [], ev: [end], customStatus: null, tasks: [], out: [] }),
  );
  say(`finished ${id}`);
  ids.push(id);
  if (Math.random() < 0.5) continue;
  const [purged] = ids.splice(Math.floor(Math.random() * ids.length), 1);
  say(`purging ${purged}`);
  await journal.durable(commit({ k: 'purge', i: [purged] }));
  say(`purged ${purged}`);
}
