import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { LaneOptions } from './lane.js';
import type { Subject } from './matrix.js';
import { RotationMatrix } from './rotationMatrix.js';
import { SweepMatrix } from './sweepMatrix.js';
import { HARDLY_EVER } from './sweeps.js';

/** A regenerated password takes a minute to be known in Azure; here a second. */
const SETTINGS = { PASSWORD_REPLICATION_SECONDS: '1', ROTATION_SWEEP_SCHEDULE: HARDLY_EVER };

/** What every trial of each subject comes to. */
export const INVARIANTS = {
  rotation: 'the main secret works, and holds a new password or all is as before or listed',
  urgent: 'the password in wrong hands is dead and a new one works, or the operation says what holds which',
  sweep: 'the password in use works, and the one before is dead, or due again',
};

/** What is struck of rotations, ordinary and urgent, of their undo, and of the sweep that revokes what they leave. */
export function rotationSubjects(): Record<'ordinary' | 'urgent' | 'sweep' | 'undo' | 'urgentUndo', Subject> {
  // What the agent writes for docker holds passwords, so it is not where the search for them looks.
  const consumers = mkdtempSync(join(tmpdir(), 'rotation-faults-'));
  afterAll(() => rmSync(consumers, { recursive: true, force: true, maxRetries: 5 }));
  // Only an agent with consumers acknowledges.
  const whole = (title: string, settings = {}): LaneOptions => ({
    settings: { ...SETTINGS, ...settings },
    deviceSettings: { DOCKER_CONFIG_FILE: join(consumers, `${title}.json`) },
  });
  const breaking: LaneOptions = { settings: SETTINGS, breaking: true };
  const ordinary = {
    title: 'rotation',
    on: (lane) => new RotationMatrix(lane, false),
    lane: whole('rotation'),
    words: { completed: 'rotated', rolledBack: 'as before' },
    minCalls: 12,
  } satisfies Subject;
  const urgent = {
    title: 'urgent rotation',
    on: (lane) => new RotationMatrix(lane, true),
    lane: whole('urgent'),
    words: { completed: 'replaced', rolledBack: 'reported' },
    minCalls: 14,
  } satisfies Subject;
  return {
    ordinary,
    urgent,
    sweep: {
      title: 'revocation by the sweep',
      on: (lane) => new SweepMatrix(lane),
      // A sweep that was stopped rests for so long.
      lane: whole('sweep', { ROTATION_RETRY_SECONDS: '1' }),
      words: { completed: 'revoked', rolledBack: 'due again' },
      minCalls: 5,
    },
    undo: { ...ordinary, title: 'undo of a rotation', lane: breaking, minCalls: 5 },
    urgentUndo: { ...urgent, title: 'undo of an urgent rotation', lane: breaking, minCalls: 1 },
  };
}
