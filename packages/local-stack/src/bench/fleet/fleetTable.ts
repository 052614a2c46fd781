import type { AppUse } from './appUse.js';
import type { Line } from '../host/table.js';
import { ratioOf, type Floor, type FleetSize } from './floor.js';
import type { RequestCounts } from './requestCounts.js';

/** One measurement of a fleet. */
export interface MeasuredFleet {
  readonly size: FleetSize;
  readonly identities: number;
  /** True if all were requested as one rollout, whose end then counts. */
  readonly isRollout: boolean;
  /** From the first request to the last end, by the app's clock. */
  readonly seconds: number;
  /** The same by the machine's clock. */
  readonly realSeconds: number;
  readonly isClockJumping: boolean;
  /** Undefined if nothing was throttled. */
  readonly floor: Floor | undefined;
  readonly completed: number;
  /** Onboardings that did not complete, by failure code. */
  readonly failures: Readonly<Record<string, number>>;
  /** Requests of onboardings that the app answered 503, and that were repeated. */
  readonly repeated: number;
  readonly requests: RequestCounts;
  /** What the app's processes have used. */
  readonly use: AppUse;
  /** The same fleet by an app without the budget, if it was measured. */
  readonly withoutBudget?: Pick<MeasuredFleet, 'seconds' | 'completed' | 'failures' | 'requests'>;
  /** Of devices that have joined: how long that took, before everything else, and their requests for messages. */
  readonly joined?: {
    readonly seconds: number;
    readonly polls: { readonly answered: number; readonly refused: number };
  };
  /** Microsoft's quickstart by the real Azure CLI, if it was measured. */
  readonly byHand?: { readonly devices: number; readonly seconds: number; readonly writes: number };
}

/** Maximum ratio to the floor, for fleets up to 300 clients and for larger ones. */
const RATIOS = { small: 1.15, large: 1.1 } as const;
const SMALL = 300;
/** Seconds of floor below which the ratio has no goal: the last client's own steps take as long. */
const SHORT_FLOOR = 20;
/** Clients from which the requests that a fleet shares do not matter for one client. */
const FLEET = 100;
const MAX_READS = 3.0;
const MAX_WRITES = 2.06;
const MAX_VAULT_CALLS = 5;
/** Reads of the vault for a device that has joined: its candidate, and its secret once that is promoted. */
const CALLS_FOR_JOINED = 2;
const MAX_REFUSED = 0.01;
/** Clients from which the app's memory and the real time have a goal. */
const LARGE = 10_000;
const MAX_MEMORY = 600 * 1024 ** 2;
const MAX_REAL_SECONDS = 20 * 60;

/** The table of a measurement, with its goals. */
export function fleetLines(fleet: MeasuredFleet): Line[] {
  const { size, seconds, realSeconds, floor, requests, byHand, withoutBudget } = fleet;
  const { clients } = size;
  const each = (what: string, count: number, max?: number): Line => {
    const value = (count / clients).toFixed(2);
    return max === undefined || clients < FLEET
      ? { what, value }
      : { what, value, goal: `<= ${max}`, met: count / clients <= max };
  };
  const armRequests = requests.reads + requests.writes + requests.deletes;
  const refused = armRequests === 0 ? 0 : requests.throttled / armRequests;
  return [
    { what: 'clients', value: sizeText(fleet) },
    {
      what: fleet.isRollout ? 'seconds, request to end of the rollout' : 'seconds, first request to last end',
      value: secondsText(seconds),
    },
    ...(floor ? floorLines(clients, seconds, floor) : [{ what: 'floor', value: 'none: nothing is throttled' }]),
    {
      what: 'completed',
      value: String(fleet.completed),
      goal: String(clients),
      met: fleet.completed === clients,
    },
    { what: 'not completed, by code', value: failureText(fleet.failures) },
    { what: 'requests that the app answered 503', value: String(fleet.repeated) },
    each('ARM reads a client, polls and refused ones too', requests.reads, MAX_READS),
    each('ARM writes a client, refused ones too', requests.writes, MAX_WRITES),
    each('ARM deletes a client', requests.deletes),
    each('polls a client', requests.polls),
    each('429 a client', requests.throttled),
    {
      what: 'ARM requests refused',
      value: `${(100 * refused).toFixed(1)} %`,
      ...(floor ? { goal: `<= ${100 * MAX_REFUSED} %`, met: refused <= MAX_REFUSED } : {}),
    },
    each('vault calls a client', requests.vaultCalls, MAX_VAULT_CALLS + (fleet.joined ? CALLS_FOR_JOINED : 0)),
    { what: 'vault calls refused', value: String(requests.throttledVaultCalls) },
    { what: 'requests for an access token', value: String(requests.tokenRequests) },
    memoryLine(fleet),
    ...useLines(fleet),
    ...(fleet.isClockJumping
      ? [
          {
            what: 'real time',
            value: secondsText(realSeconds),
            ...(clients < LARGE ? {} : { goal: `< ${MAX_REAL_SECONDS} s`, met: realSeconds < MAX_REAL_SECONDS }),
          },
        ]
      : []),
    ...(fleet.joined ? joinedLines(clients, fleet.joined) : []),
    ...(withoutBudget ? withoutBudgetLines(fleet, withoutBudget) : []),
    ...(byHand ? byHandLines(clients, seconds, byHand) : []),
  ];
}

function sizeText({ size, identities }: MeasuredFleet): string {
  const { clients, connectedRegistries, registries } = size;
  const count = (n: number, one: string, many: string): string => `${n} ${n === 1 ? one : many}`;
  const where = `${count(connectedRegistries, 'connected registry', 'connected registries')} in ${count(registries, 'registry', 'registries')}`;
  return `${clients} on ${where}${identities === 1 ? '' : `, ${identities} identities`}`;
}

function floorLines(clients: number, seconds: number, floor: Floor): Line[] {
  const { kind, needed, bucket } = floor;
  const ratio = ratioOf(seconds, floor);
  const max = clients <= SMALL ? RATIOS.small : RATIOS.large;
  const isJudged = floor.seconds >= SHORT_FLOOR && ratio !== undefined;
  return [
    {
      what: 'floor',
      value: `${secondsText(floor.seconds)}: ${needed} ${kind} at least, ${bucket.burst} at once, then ${bucket.perSecond}/s`,
    },
    {
      what: 'times the floor',
      value: ratioText(ratio, isJudged),
      ...(isJudged ? { goal: `<= ${max}`, met: ratio <= max } : {}),
    },
  ];
}

function ratioText(ratio: number | undefined, isJudged: boolean): string {
  if (ratio === undefined) return 'no floor: the bucket holds all of them';
  return isJudged ? ratio.toFixed(2) : `${ratio.toFixed(2)}, of a floor too short to judge it by`;
}

function failureText(failures: Readonly<Record<string, number>>): string {
  const all = Object.entries(failures).toSorted(([, left], [, right]) => right - left);
  return all.length === 0 ? 'none' : all.map(([code, count]) => `${code} ${count}`).join(', ');
}

function memoryLine({ use: { memory }, size }: MeasuredFleet): Line {
  const what = "the app's memory, maximum";
  if (memory === undefined) return { what, value: 'not reported by this system' };
  const value = `${Math.round(memory / 1024 ** 2)} MB`;
  return size.clients < LARGE ? { what, value } : { what, value, goal: '<= 600 MB', met: memory <= MAX_MEMORY };
}

function useLines({ use: { storageReads, processorSeconds }, size: { clients } }: MeasuredFleet): Line[] {
  const line = (what: string, value: number | undefined, unit: string): Line[] =>
    value === undefined ? [] : [{ what, value: `${(value / clients).toFixed(2)}${unit}` }];
  return [
    ...line('reads of instances and entities a client', storageReads, ''),
    ...line("the app's processor time a client", processorSeconds, ' s'),
  ];
}

function withoutBudgetLines(
  { size: { clients }, seconds }: MeasuredFleet,
  other: NonNullable<MeasuredFleet['withoutBudget']>,
): Line[] {
  const { reads, writes, throttled } = other.requests;
  const each = (count: number): string => (count / clients).toFixed(2);
  return [
    {
      what: 'without the budget: seconds',
      value: `${secondsText(other.seconds)}, ${(other.seconds / seconds).toFixed(1)} times as long`,
    },
    {
      what: 'without the budget: completed',
      value: `${other.completed}; not completed, by code: ${failureText(other.failures)}`,
    },
    {
      what: 'without the budget: requests a client',
      value: `${each(reads)} reads, ${each(writes)} writes, ${each(throttled)} answered 429`,
    },
  ];
}

function joinedLines(clients: number, { seconds, polls }: NonNullable<MeasuredFleet['joined']>): Line[] {
  return [
    {
      what: 'devices joined before that',
      value: `${clients} in ${secondsText(seconds)}, ${(clients / seconds).toFixed(1)} a second`,
    },
    { what: 'requests for messages', value: `${polls.answered}; refused and repeated ${polls.refused}` },
  ];
}

function byHandLines(clients: number, seconds: number, byHand: NonNullable<MeasuredFleet['byHand']>): Line[] {
  const { devices, writes } = byHand;
  const all = (byHand.seconds / devices) * clients;
  return [
    {
      what: `quickstart by az, ${devices} devices, measured`,
      value: `${secondsText(byHand.seconds)}, ${(writes / devices).toFixed(1)} writes a device`,
    },
    {
      what: `quickstart by az, ${clients} devices, by arithmetic`,
      value: `${secondsText(all)}, ${(all / seconds).toFixed(1)} times as long, without the pull check`,
    },
  ];
}

function secondsText(value: number): string {
  return `${value.toFixed(1)} s`;
}
