// Appends records until it is killed, and says on standard output which are safe. Runs on the compiled journal.
import { openFileJournal } from '../../dist/store/fileJournal.js';

let seq = 0;
const journal = await openFileJournal(process.argv[2], (_, number) => {
  seq = number;
});
for (;;) {
  const count = 1 + Math.floor(Math.random() * 5);
  for (let index = 0; index < count; index += 1) seq = journal.append(`record ${seq + 1}`);
  await journal.durable(seq);
  process.stdout.write(`${seq}\n`);
}
