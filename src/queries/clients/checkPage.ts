import { parseTags } from '@connected-registry/protocol/names/secretTags';
import { referenceOf } from '@connected-registry/protocol/names/clientKey';
import { tokenMarks, type CheckPart } from '../../domain/check/checkRun.js';
import { caseTwinWarnings, endsOf } from '../../domain/clients/caseTwins.js';
import type { RunningOf } from '../../domain/operations/runningRun.js';
import type { Config } from '../../settings/config.js';
import { findRegistry } from '../../settings/registries.js';
import type { ReadsRecords } from '../access/checkAccess.js';
import type { RegistryReader } from '../registry/registryReader.js';
import { pageOfAll, type PlacedListing, type ReadVaults } from './allVaults.js';
import { countsOf, toFinding } from './checkFindings.js';
import type { VaultLimitWarnings } from './checkWarnings.js';
import type { JudgeClients } from './judgeClients.js';
import { clientSecret } from './knownClients.js';

/** Checks the clients on some pages of the vaults. @param from from the previous part; absent for the first. */
export type CheckPage = (
  reader: RegistryReader,
  from: string | undefined,
  runningOf: RunningOf,
  records: ReadsRecords | undefined,
) => Promise<CheckPart>;

/** Pages of vaults in one part: the work of one activity. */
const PAGES_IN_A_PART = 40;

/** Creates the check of pages. */
export function createCheckPage(
  vaults: ReadVaults,
  config: Pick<Config, 'registries'>,
  judge: JudgeClients,
  limitWarnings: VaultLimitWarnings,
): CheckPage {
  return async (reader, from, runningOf, records) => {
    const { listings, next } = await somePages(vaults, from);
    const secrets = listings.map(clientSecret).filter((secret) => secret !== undefined);
    const ours = secrets.filter(({ tags }) => findRegistry(config, tags.registry) !== undefined);
    const judged = await judge(ours, reader, runningOf, records);
    const references = ours.map(({ tags }) => referenceOf(tags));
    const warnings = [...caseTwinWarnings(references), ...(from === undefined ? await limitWarnings(references) : [])];
    return {
      counts: countsOf(judged),
      findings: judged.filter(({ state, differences }) => state !== 'ok' || differences.length > 0).map(toFinding),
      omittedFindings: 0,
      // The token of a candidate is in use, too: its run has not ended.
      tokens: tokenMarks(listings.map(({ tags }) => parseTags(tags)).filter((tags) => tags !== undefined)),
      ...(next === undefined && from === undefined ? {} : { ends: endsOf(references) }),
      ...(warnings.length === 0 ? {} : { warnings }),
      ...(next === undefined ? {} : { next }),
    };
  };
}

async function somePages(vaults: ReadVaults, from: string | undefined) {
  const listings: PlacedListing[] = [];
  let next = from;
  for (let pages = 0; pages < PAGES_IN_A_PART; pages += 1) {
    const page = await pageOfAll(vaults, next);
    listings.push(...page.secrets);
    next = page.continuation;
    if (next === undefined) break;
  }
  return { listings, next };
}
