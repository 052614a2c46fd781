import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { guardOutput } from '@connected-registry/protocol/redaction/guardedOutput';
import type { AgentClock } from './agentClock.js';
import { EXIT_CODES } from './exitCodes.js';
import { JoinFolderFailure } from './joined/folder/joinFolder.js';
import { hubSecrets } from './joined/hub/hubDevice.js';
import { join } from './joined/joinCommand.js';
import { JoinFailure, JoinRefused } from './joined/joinFailures.js';
import { joinedSecrets } from './joined/joinedDevice.js';
import { logToStderr } from './log.js';
import { runPullCheck } from './pullCheck.js';
import { errorName } from './pullFailure.js';
import { pullCheckOptions } from './pullCheckOptions.js';
import { credentialOf } from './secrets/identity.js';
import { keyVaultReader } from './secrets/vault.js';
import type { SecretReader } from './secrets/vault.js';
import { BadSettings } from './settings/badSettings.js';
import type { CheckSettings } from './settings/check.js';
import { readCommand } from './settings/command.js';
import type { Command, ServiceSettings } from './settings/command.js';
import type { JoinSettings } from './settings/join.js';
import { USAGE } from './settings/usage.js';
import { startAgent } from './startAgent.js';
import type { RunningAgent } from './startAgent.js';

/** Runs the agent in this process. Reads arguments and variables, and ends the process if they are invalid. */
export async function runAgent(clock: AgentClock): Promise<void> {
  guardOutput();
  try {
    await run(readCommand(process.argv.slice(2), process.env), clock);
  } catch (error) {
    if (error instanceof BadSettings) {
      process.stderr.write(`${error.message}\n\n${USAGE}`);
      process.exit(EXIT_CODES.badSettings);
    }
    if (error instanceof JoinFolderFailure || error instanceof JoinFailure) {
      process.stderr.write(`${error.message}\n`);
      process.exit(error instanceof JoinRefused ? EXIT_CODES.refused : EXIT_CODES.failed);
    }
    const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    process.stderr.write(
      taken ? 'the port is taken; choose another with --port\n' : `the agent cannot start: ${errorName(error)}\n`,
    );
    process.exit(EXIT_CODES.failed);
  }
}

async function run(command: Command, clock: AgentClock): Promise<void> {
  if (command.kind === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  if (command.kind === 'join') return joinApp(command.join, clock);
  const { check } = command.kind === 'once' ? command : command.service;
  if (check.secrets.kind === 'vault' && !check.secrets.vault.verifyChallenge) {
    logToStderr('warning: the vault challenge is not verified; use this only for a vault host outside Azure');
  }
  if (command.kind === 'once') await once(command, clock);
  else await serve(command.service, clock);
}

async function joinApp(settings: JoinSettings, clock: AgentClock): Promise<void> {
  const name = await join(settings, { clock, log: logToStderr, input: process.stdin });
  process.stdout.write(`JOINED ${name}\n`);
}

async function once({ secret, image, check }: Extract<Command, { kind: 'once' }>, clock: AgentClock): Promise<void> {
  const signal = AbortSignal.timeout(check.checkTimeout);
  const secrets = await secretsOfOnce(check, clock);
  const result = await runPullCheck(secret, image, pullCheckOptions(check, secrets), signal);
  process.stdout.write(`${JSON.stringify({ image, ...result })}\n`);
  process.exitCode = result.outcome === 'pulled' ? EXIT_CODES.succeeded : EXIT_CODES.failed;
}

async function secretsOfOnce(
  { secrets, idleTimeout: timeout }: CheckSettings,
  clock: AgentClock,
): Promise<SecretReader> {
  switch (secrets.kind) {
    case 'vault':
      return keyVaultReader(secrets.vault, credentialOf(secrets.identity));
    case 'joined':
      return joinedSecrets({ ...secrets, timeout }, clock);
    case 'hub':
      return hubSecrets({ ...secrets, timeout }, clock);
  }
}

async function serve(service: ServiceSettings, clock: AgentClock): Promise<void> {
  let agent: RunningAgent | undefined;
  const stop = () => void end(agent);
  // Register the handler first: as a container's first process, a process without a handler ignores the signal.
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  agent = await startAgent(service, { clock, log: logToStderr });
  const path = service.channel.kind === 'webhook' ? 'events' : 'health';
  process.stdout.write(`DEVICE READY http://localhost:${agent.port}/${path}\n`);
}

/** Maximum milliseconds for work to end. */
const LONGEST_END = 2_000;

/** Ends the process, even if work is still running. */
async function end(agent: RunningAgent | undefined): Promise<void> {
  const ended = await Promise.race([
    agent?.stop().then(
      () => true,
      () => false,
    ) ?? true,
    delay(LONGEST_END, false),
  ]);
  // An operation of the operating system, such as reading a file from a lost server, blocks a thread, and exit waits
  // for it.
  if (!ended) endFromOutside(process.pid);
  process.exit(EXIT_CODES.succeeded);
}

/** Starts another process that kills this one, unless it exits by itself a moment later. */
function endFromOutside(pid: number): void {
  // The process may have exited in the meantime: then there is nothing to kill and nothing to report.
  const script = `setTimeout(() => { try { process.kill(${pid}, 'SIGKILL') } catch {} }, ${LONGEST_END})`;
  spawn(process.execPath, ['-e', script], { detached: true, stdio: 'ignore', env: {} }).unref();
}
