import { setTimeout as delay } from 'node:timers/promises';
import { createAgent } from './agent.js';
import { startWebhook } from './channels/webhook.js';
import { logToStderr } from './log.js';
import { createPromotedCredentials } from './promotedCredentials.js';
import { runPullCheck } from './pullCheck.js';
import type { PullCheckOptions } from './pullCheck.js';
import { sendReport } from './reporter.js';
import { keyVaultReader } from './secrets/vault.js';
import { BadSettings, USAGE, readCommand } from './settings.js';
import type { CheckSettings, Command, ServiceSettings } from './settings.js';

const AGENT = 'connected-registry-pull-check/0.1.0';
const MOST_CLIENTS = 10_000;

async function main(): Promise<void> {
  const command = readCommand(process.argv.slice(2), process.env);
  if (command.kind === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  if (!command.check.vault.verifyChallenge) {
    logToStderr('warning: the vault challenge is not verified, which is right only for a vault host outside Azure');
  }
  if (command.kind === 'once') await once(command);
  else await serve(command.service, command.check);
}

async function once({ secret, image, check }: Extract<Command, { kind: 'once' }>): Promise<void> {
  const signal = AbortSignal.timeout(check.checkTimeout);
  const result = await runPullCheck(secret, image, checkOptions(check), signal);
  process.stdout.write(`${JSON.stringify({ image, ...result })}\n`);
  process.exitCode = result.outcome === 'pulled' ? 0 : 1;
}

async function serve(service: ServiceSettings, check: CheckSettings): Promise<void> {
  const options = checkOptions(check);
  const reporter = {
    reportUrl: service.reportUrl,
    now: () => Date.now(),
    wait: (milliseconds: number, signal: AbortSignal) => delay(milliseconds, undefined, { signal }).catch(() => {}),
    timeout: check.idleTimeout,
  };
  const agent = createAgent({
    name: AGENT,
    clients: service.clients,
    check: (secret, image, signal) => runPullCheck(secret, image, options, signal),
    report: (request, report, signal) => sendReport(request, report, reporter, signal),
    promoted: createPromotedCredentials(MOST_CLIENTS),
    concurrency: service.concurrency,
    checkTimeout: check.checkTimeout,
    log: logToStderr,
  });
  const webhook = await startWebhook({
    port: service.port,
    host: service.host,
    key: service.webhookKey,
    handle: agent.handle,
    health: agent.health,
    log: logToStderr,
  });
  const stop = () => {
    // Bounded: a connection that does not end by itself must not keep the process.
    void Promise.race([Promise.all([webhook.close(), agent.stop()]), delay(2_000)]).then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`DEVICE READY http://localhost:${webhook.port}/events\n`);
}

function checkOptions({ vault, platform, idleTimeout, insecureRegistries }: CheckSettings): PullCheckOptions {
  return {
    readSecret: keyVaultReader(vault),
    platform,
    policy: { insecureRegistries, idleTimeout, retryDelays: [250, 1_000] },
  };
}

main().catch((error: unknown) => {
  if (error instanceof BadSettings) {
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
  process.stderr.write(
    taken ? 'the port is taken; choose another with --port\n' : `the agent cannot start: ${String(error)}\n`,
  );
  process.exit(1);
});
