import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';
import { ensureCertificates } from '../tls/certificates.js';
import { recordingsIn } from './recording.js';
import { replayAll } from './replay.js';
import { listOf, tableOf } from './table.js';

const HELP = `Sends recorded requests to the simulator, and compares its answers with those of Azure.

Usage: npm run recordings -- [--folder DIR] [--scenario NAMES] [--list]

  --folder DIR      recordings (default RECORDINGS, or test/recordings/data)
  --scenario NAMES  only these, separated by commas
  --list            prints every exchange that is not equal, with its differences
`;

const { values } = parseArgs({
  options: {
    folder: { type: 'string' },
    scenario: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else {
  const folder =
    values.folder ??
    process.env['RECORDINGS'] ??
    join(projectRoot(), 'packages', 'azure-simulator', 'test', 'recordings', 'data');
  const wanted = values.scenario?.split(',');
  const recordings = recordingsIn(folder).filter(({ scenario }) => wanted?.includes(scenario) ?? true);
  const data = await mkdtemp(join(tmpdir(), 'recordings-'));
  try {
    const tls = await ensureCertificates(join(data, 'tls'));
    const replayed = await replayAll(recordings, { folder: join(data, 'azure'), tls, now: new Date() });
    process.stdout.write(tableOf(replayed));
    if (values.list) process.stdout.write(`\n${listOf(replayed)}`);
  } finally {
    await rm(data, { recursive: true, force: true, maxRetries: 5 });
  }
}
