import type { Difference, Verdict } from '@connected-registry/protocol/answers/clientAnswers';
import { clientKey, referenceOf, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { judgeClient, type Judgement } from '../../domain/check/clientJudgement.js';
import { silentSince } from '../../domain/enrolment/reach.js';
import { whileRunning, type RunningOf } from '../../domain/operations/runningRun.js';
import type { Ports } from '../../ports/ports.js';
import type { Config } from '../../settings/config.js';
import { createCheckAccess, type ReadsRecords } from '../access/checkAccess.js';
import { eachOf } from '../eachOf.js';
import type { RegistryReader } from '../registry/registryReader.js';
import { knownClients, type ClientSecret } from './knownClients.js';
import { newestSecrets, placeText, secondLook } from './secondLook.js';
import type { TokenUsers } from './tokenUsers.js';

/** A client's verdict, and the secret that it is about. */
export interface JudgedClient extends Omit<Judgement, 'state'> {
  readonly state: Verdict;
  readonly secret: ClientSecret;
  /** The running operation of a client with a difference. */
  readonly running?: string;
}

/** Judges the clients of these secrets, and reads those with a difference twice. @throws ServiceError */
export type JudgeClients = (
  secrets: readonly ClientSecret[],
  reader: RegistryReader,
  runningOf: RunningOf,
  records: ReadsRecords | undefined,
) => Promise<readonly JudgedClient[]>;

/** States that need no second look, since no difference between vault and ARM makes them. */
const EXPLAINED_BY_TIME: readonly Verdict[] = ['ok', 'expiring', 'expired'];

/** What judging needs of its surroundings. */
export interface JudgingNeeds {
  readonly ports: Ports;
  readonly config: Config;
  readonly tokenUsers: TokenUsers;
  readonly vaultOf: (client: ClientReference, records: ReadsRecords) => Promise<string>;
  /** Creates a reader that has no facts of a first look. */
  readonly freshReader: () => RegistryReader;
}

/** Creates the judging. Each client's record is read once, and again with the client. */
export function createJudgeClients({ ports, config, tokenUsers, vaultOf, freshReader }: JudgingNeeds): JudgeClients {
  const checkAccess = createCheckAccess(ports.access, config);

  return async (secrets, reader, runningOf, records) => {
    const once = records && eachRecordOnce(records);
    const first = await judge(secrets, reader, once, 'first');
    const judged = await secondLook<JudgedClient>(first, {
      isSuspect: ({ state }) => !EXPLAINED_BY_TIME.includes(state),
      placeOf: ({ secret }) => secret,
      readAgain: (suspects) => judgeAgain(suspects, runningOf, records),
    });
    return once ? withSilence(judged, once, config.silentAfterDays) : judged;
  };

  async function judge(
    secrets: readonly ClientSecret[],
    reader: RegistryReader,
    records: ReadsRecords | undefined,
    look: 'first' | 'second',
  ): Promise<(JudgedClient & Judgement)[]> {
    const now = new Date();
    const clients = secrets.map(({ tags }) => referenceOf(tags));
    const [known, access, places] = await Promise.all([
      knownClients(secrets, reader, tokenUsers),
      checkAccess(clients, records, look),
      eachOf(secrets, (secret) => placeDifferences(secret, records)),
    ]);
    return known.flatMap((client, index) => {
      const [secret, ofAccess, ofPlace] = [secrets[index], access[index], places[index]];
      if (!secret || !ofAccess || !ofPlace) return [];
      return [{ secret, ...judgeClient(client, now, config.allowedEndpoints, [...ofPlace, ...ofAccess]) }];
    });
  }

  /** Whether a secret is in another vault than its client's. Without records there is nothing to compare. */
  async function placeDifferences(
    { tags, vaultHost: found }: ClientSecret,
    records: ReadsRecords | undefined,
  ): Promise<Difference[]> {
    if (records === undefined) return [];
    const expected = await vaultOf(referenceOf(tags), records);
    return expected === found ? [] : [{ code: 'vault-differs', expected, found }];
  }

  /** Judges clients with a difference again. What a running run causes or corrects is no difference. */
  async function judgeAgain(
    suspects: readonly JudgedClient[],
    runningOf: RunningOf,
    records: ReadsRecords | undefined,
  ): Promise<JudgedClient[]> {
    const before = new Map(
      await eachOf(
        suspects,
        async ({ secret }) => [placeText(secret), await runningOf(referenceOf(secret.tags))] as const,
      ),
    );
    const secrets = await newestSecrets(
      ports.vaults,
      suspects.map(({ secret }) => secret),
    );
    return eachOf(await judge(secrets, freshReader(), records, 'second'), async (client): Promise<JudgedClient> => {
      const { secret, differences } = client;
      // A run that started in the meantime also explains the difference.
      const startedSince = async () => (differences.length > 0 ? runningOf(referenceOf(secret.tags)) : undefined);
      const run = before.get(placeText(secret)) ?? (await startedSince());
      return { ...client, ...whileRunning(client, run), ...(run ? { running: run.id } : {}) };
    });
  }
}

/** Adds which devices were not heard of for long. Only a client that is in order otherwise is `silent`. */
async function withSilence(
  judged: readonly JudgedClient[],
  records: ReadsRecords,
  silentAfterDays: number,
): Promise<JudgedClient[]> {
  const now = new Date();
  return eachOf(judged, async (client) => {
    const record = await records.record(clientKey(client.secret.tags));
    const found = silentSince(record, now, silentAfterDays);
    if (found === undefined) return client;
    const silence = { code: 'device-silent', expected: `contact within ${silentAfterDays} days`, found } as const;
    const { state, differences } = client;
    return { ...client, state: state === 'ok' ? 'silent' : state, differences: [...differences, silence] };
  });
}

function eachRecordOnce({ record }: ReadsRecords): ReadsRecords {
  const read = new Map<string, ReturnType<typeof record>>();
  return {
    record: (key) => {
      const found = read.get(key) ?? record(key);
      read.set(key, found);
      return found;
    },
  };
}
