/** The local host with the benchmark's app, with nothing on disk: `node serve.js APP DATA PORT`. */
import { startHostInProcess } from '@connected-registry/functions-host/host';

const [appDir = '', dataDir = '', port = '0'] = process.argv.slice(2);
const host = await startHostInProcess({ appDir, dataDir, port: Number(port), durable: { inMemory: true } });
process.on('SIGTERM', () => void host.stop().then(() => process.exit(0)));
process.stdout.write(`HOST READY ${host.url}\n`);
