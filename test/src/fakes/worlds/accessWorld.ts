import { vi } from 'vitest';
import { assignmentName } from '../../../../src/domain/access/assignmentName.js';
import { FORMER_VAULT_ID, VAULT_ID } from '../services/access.js';
import { OWN_OBJECT_ID } from '../services/identity.js';
import { candidate, main } from './defaultClient.js';
import { createFlowWorld } from './flowWorld.js';
import { report } from './onboardScript.js';
import { onboardIn } from './onboardWorld.js';
import { createWorld } from './world.js';

export { FORMER_VAULT_ID, VAULT_ID };

/** Two identities of devices. */
export const DEVICE = '11111111-1111-1111-1111-111111111111';
export const OTHER = '22222222-2222-2222-2222-222222222222';

/** The client's two secrets. */
export const SECRETS = [main, candidate];

/** What a request names. */
export const identity = (principalId = DEVICE) => ({ identity: { principalId } });

/** A device whose pull check fails for good. */
export const fails = { device: () => report({ outcome: 'digest-mismatch' }) };

type Script = Parameters<typeof onboardIn>[1];

/** A world whose app lets devices read their secrets. Needs fake timers. */
export class AccessWorld {
  readonly world;
  readonly flows;
  #runs = 0;

  constructor(settings: Readonly<Record<string, string>> = { KEY_VAULT_RESOURCE_ID: VAULT_ID }) {
    this.world = createWorld(settings);
    this.flows = createFlowWorld(this.world);
  }

  newRun(): string {
    this.#runs += 1;
    return `run${String(this.#runs).padStart(13, '0')}`;
  }

  /** Onboards the client. Without a request the device is named. */
  onboard(request: Readonly<Record<string, unknown>> = identity(), script: Script = {}) {
    const { world, flows } = this;
    const requestedAt = new Date().toISOString();
    return onboardIn(world, { flows, run: this.newRun(), requestedAt, request, ...script });
  }

  /** Who may read each of the two secrets. */
  readers(): string[][] {
    return SECRETS.map((secret) => this.world.access.readers(secret));
  }

  /** An assignment that a deployment of infra/device-access.bicep made. */
  addDeployed(secret: string, principalId = DEVICE, name = assignmentName(VAULT_ID, secret, principalId)): void {
    this.world.access.list.push({ name, secret, principalId });
  }

  /** An assignment that the app made. */
  addOurs(secret: string, vault = VAULT_ID): void {
    const name = assignmentName(vault, secret, DEVICE);
    this.world.access.list.push({ name, secret, principalId: DEVICE, createdBy: OWN_OBJECT_ID, vault });
  }

  /**
   * Has an onboarding fail to give access, and a deployment give it afterwards; then the client is onboarded without
   * it.
   */
  async failThenDeploy(): Promise<void> {
    const { wire } = this.world;
    // The app's role is taken away during the run, so that neither the creation nor the undo comes through.
    wire.fail('createAssignment', { when: 'before', kind: 'forbidden', times: 99 });
    wire.fail('findAssignment', { when: 'before', kind: 'forbidden', times: 99 });
    const failed = await this.onboard();
    if (failed.outcome.status !== 'failed') throw new Error(`The run has ended as ${failed.outcome.status}.`);
    wire.mend();
    SECRETS.forEach((secret) => this.addDeployed(secret));
    vi.setSystemTime(Date.now() + 60_000);
    const { outcome } = await this.onboard({});
    if (outcome.status !== 'completed') throw new Error(`The run has ended as ${outcome.status}.`);
    vi.setSystemTime(Date.now() + 60_000);
  }
}

type Onboarded = Awaited<ReturnType<AccessWorld['onboard']>>;

/** The codes of the problems for which a run was refused. */
export function problemsOf({ outcome }: Onboarded): readonly string[] | undefined {
  return outcome.failure?.problems?.map(({ code }) => code);
}
