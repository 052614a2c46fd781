// Stands for the launcher: `node launcher.mjs MODE FILE LOG` supervises server.mjs and says its process id.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const { SupervisedProcess } = await import('../../../dist/stack/supervisedProcess.js');
const [mode, file, logFile] = process.argv.slice(2);
const supervised = new SupervisedProcess(
  {
    name: 'test',
    script: join(here, 'server.mjs'),
    args: [mode, file],
    env: { PATH: process.env.PATH },
    ready: /^TEST READY (\S+)$/,
    logFile,
  },
  { restarting() {}, gaveUp() {} },
);
await supervised.start();
console.log(supervised.pid);
