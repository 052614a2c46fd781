import { resolve } from 'node:path';
import { projectRoot } from '@connected-registry/clock/files/projectRoot';

export { PATIENCE } from '../../shared/until.js';

/**
 * Whether the app under test runs on Microsoft's own Functions host (Vitest's project `func`) instead of the local one.
 */
export const ON_REAL_HOST = process.env['APP_HOST'] === 'functions';

/**
 * The app under test: this project's compiled files, or the package that is deployed (APP_FOLDER, relative to the
 * project).
 */
export const APP_FOLDER = resolve(projectRoot(), process.env['APP_FOLDER'] ?? '.');

/**
 * Waits as short as the settings allow, so that a test that sees them pass is quick, and none ends a run that a kill
 * delays.
 */
export const SHORT_WAITS = {
  RETRY_MAX_SECONDS: '2',
  REPORT_TIMEOUT_SECONDS: '10',
  ...Object.fromEntries(
    ['STEP', 'BIND', 'PULL_CHECK', 'UNDO'].map((wait) => [`${wait}_DEADLINE_SECONDS`, ON_REAL_HOST ? '600' : '120']),
  ),
};
