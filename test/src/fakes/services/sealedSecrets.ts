import { sealAnswer, type AnswerChannel } from '@connected-registry/protocol/enrolment/authenticAnswers';
import type { SealedSecret } from '@connected-registry/protocol/enrolment/messages';
import { clientKey, type ClientReference } from '@connected-registry/protocol/names/clientKey';
import { parseTags } from '@connected-registry/protocol/names/secretTags';
import type { RequestedSecret, SealedSecrets } from '../../../../src/ports/sealedSecrets.js';
import { notFound } from '../durable/wire.js';
import type { FakeVaults } from './vaults.js';

/** Seals what vaults in memory have. */
export class FakeSealedSecrets implements SealedSecrets {
  constructor(private readonly vaults: FakeVaults) {}

  async seal(
    { vaultHost, name, version }: RequestedSecret,
    client: ClientReference,
    channel: AnswerChannel,
  ): Promise<string> {
    const stored = (vaultHost === undefined ? this.vaults.first : this.vaults.at(vaultHost)).secrets.get(name);
    const found =
      version === undefined ? stored?.versions.at(-1) : stored?.versions.find((one) => one.version === version);
    const facts = found && parseTags(found.tags);
    if (!found?.isEnabled || stored?.isDeleted || !facts || clientKey(facts) !== clientKey(client))
      throw notFound(name);
    const createdOn = '2026-03-01T12:00:00.000Z';
    const { tags, value } = found;
    const secret: SealedSecret = { name, version: found.version, createdOn, tags, value };
    return sealAnswer(secret, 'secret', channel);
  }
}
