import type { OptionSpecs, OptionValues } from '../../program/optionSpecs.js';
import { ROLLOUT_KINDS } from '../shared/choices.js';
import { NAME_OPTIONS } from '../shared/clientNames.js';
import { YES_OPTION } from '../shared/confirm.js';
import { DRY_RUN_OPTION, ROLLOUT_WAIT_OPTIONS } from '../shared/waiting.js';

export const START_OPTIONS = {
  kind: {
    kind: 'text',
    value: 'KIND',
    choices: ROLLOUT_KINDS,
    help: `the operation for each client: ${ROLLOUT_KINDS.join(', ')}`,
  },
  name: { kind: 'text', value: 'TEXT', help: 'text for lists' },
  file: {
    kind: 'text',
    value: 'FILE',
    short: 'f',
    help: 'rows in CSV; or the request, or its list of clients, in JSON or YAML; - is stdin',
  },
  selector: {
    kind: 'list',
    value: 'FIELD=VALUE',
    short: 'l',
    help: 'clients that match all of registry, connectedRegistry, state, expiresBefore, profile',
  },
  ...NAME_OPTIONS,
  repository: {
    kind: 'list',
    value: 'NAME[=ACTIONS]',
    commas: false,
    help: 'of onboard: repository for rows that name none; repeat it for more',
  },
  lifetimeDays: { kind: 'number', value: 'DAYS', help: 'of onboard: lifetime for rows that name none' },
  canary: { kind: 'number', value: 'N', help: 'clients of the first wave' },
  waveSize: { kind: 'number', value: 'N', help: 'clients of the other waves' },
  pause: { kind: 'duration', value: 'TIME', help: 'time between two waves: 10m' },
  failurePercent: { kind: 'number', value: 'PERCENT', help: 'pause when so many of the ended clients have failed' },
  failureMinimum: { kind: 'number', value: 'N', help: 'and at least so many clients' },
  startAt: { kind: 'text', value: 'TIME', help: 'start no client earlier: 2027-03-01T12:00:00Z' },
  freezeWindow: {
    kind: 'list',
    value: 'WINDOW',
    commas: false,
    help: 'time in which no client starts: cron|duration|time zone; repeat it for more',
  },
  ...YES_OPTION,
  ...DRY_RUN_OPTION,
  ...ROLLOUT_WAIT_OPTIONS,
} as const satisfies OptionSpecs;
export type StartOptions = OptionValues<typeof START_OPTIONS>;
