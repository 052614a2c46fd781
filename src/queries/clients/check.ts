import type { CheckFinding, CheckWarning } from '@connected-registry/protocol/answers/clientAnswers';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { mainSecretName } from '@connected-registry/protocol/names/names';
import type { CheckPart } from '../../domain/check/checkRun.js';
import { caseTwinWarnings } from '../../domain/clients/caseTwins.js';
import { NOTHING_KNOWN } from '../../domain/clients/clientRecord.js';
import type { RunningOf } from '../../domain/operations/runningRun.js';
import { clientVault } from '../../domain/vaults/clientVault.js';
import type { Ports } from '../../ports/ports.js';
import type { Config } from '../../settings/config.js';
import type { AssignmentCount } from '../access/assignmentCount.js';
import type { ReadsRecords } from '../access/checkAccess.js';
import { eachOf } from '../eachOf.js';
import { createRegistryReader, type RegistryReader } from '../registry/registryReader.js';
import { countsOf, toFinding, withFix } from './checkFindings.js';
import { createCheckPage } from './checkPage.js';
import { connectedRegistryWarnings, createVaultLimitWarnings } from './checkWarnings.js';
import { createJudgeClients } from './judgeClients.js';
import { newestSecrets } from './secondLook.js';
import type { TokenUsers } from './tokenUsers.js';

/** Compares clients in Azure with their configured state. Reads only. All methods throw ServiceError. */
export interface Check {
  /** Checks the clients on some pages of the vaults. @param from from the previous part; absent for the first. */
  page(reader: RegistryReader, from?: string, runningOf?: RunningOf, records?: ReadsRecords): Promise<CheckPart>;
  /** Checks the given clients: the state of each, and warnings about their connected registries. */
  clients(
    clients: readonly ClientReference[],
    runningOf?: RunningOf,
    records?: ReadsRecords,
  ): Promise<CheckPart & { readonly warnings: readonly CheckWarning[] }>;
}

/** Maximum age of facts for a second look or for given clients, in milliseconds. */
const ONE_USE = 60_000;

/** For a check that does not ask which operations run. */
const NONE_KNOWN: RunningOf = async () => undefined;

/** Creates the check. @param tokenUsers finds other users of a token. @param count counts role assignments. */
export function createCheck(ports: Ports, config: Config, tokenUsers: TokenUsers, count: AssignmentCount): Check {
  const { vaults, controlPlane } = ports;
  const vaultOf = async (client: ClientReference, records: ReadsRecords | undefined): Promise<string> => {
    const key = clientKey(client);
    return clientVault(records ? await records.record(key) : NOTHING_KNOWN, key, vaults.hosts);
  };
  const freshReader = () => createRegistryReader(controlPlane, { freshFor: ONE_USE });
  const judge = createJudgeClients({ ports, config, tokenUsers, vaultOf, freshReader });
  const limitWarnings = createVaultLimitWarnings(ports.access, config, count);
  const page = createCheckPage(vaults, config, judge, limitWarnings);

  return {
    page: (reader, from, runningOf = NONE_KNOWN, records) => page(reader, from, runningOf, records),

    clients: async (clients, runningOf = NONE_KNOWN, records) => {
      const reader = freshReader();
      const places = await eachOf(clients, async (client) => ({ client, vaultHost: await vaultOf(client, records) }));
      const isListed = (vaultHost: string) => vaults.hosts.includes(vaultHost);
      const secrets = await newestSecrets(
        vaults,
        places
          .filter(({ vaultHost }) => isListed(vaultHost))
          .map(({ client, vaultHost }) => ({ name: mainSecretName(client), vaultHost })),
      );
      const judged = await judge(secrets, reader, runningOf, records);
      const byKey = new Map(judged.map((client) => [client.secret.name, toFinding(client)]));
      const findings = places.map(({ client, vaultHost }): CheckFinding => {
        const found = byKey.get(clientKey(client));
        if (found) return found;
        if (isListed(vaultHost)) return withFix({ ...client, state: 'absent', differences: [] });
        const difference = { code: 'vault-not-configured', expected: vaultHost } as const;
        return withFix({ ...client, state: 'unknown', differences: [difference] });
      });
      const warnings = [
        ...(await connectedRegistryWarnings(clients, reader)),
        ...caseTwinWarnings(clients),
        ...(await limitWarnings(clients)),
      ];
      return { counts: countsOf(findings), findings, omittedFindings: 0, tokens: '', warnings };
    },
  };
}
