import { isDeepStrictEqual } from 'node:util';
import type { TestStack } from '../harness/testStack.js';
import { readState } from './simulatorState.js';

const FOREIGN = { scopeMap: 'foreign-map', token: 'foreign-token', secret: 'foreign-secret' };
const FOREIGN_VALUE = JSON.stringify({
  auths: { 'registry.example': { auth: Buffer.from('another-team:their own password').toString('base64') } },
});

/** What was there before us and is nobody's of ours: a scope map, a bound token with a password, a secret. */
export class Foreigners {
  private constructor(
    private readonly it: TestStack,
    private readonly before: unknown,
  ) {}

  static async create(it: TestStack): Promise<Foreigners> {
    const { operator, stack } = it;
    const { resourceGroup: group, registry } = stack.endpoints.azure;
    const { registries: sdk } = operator;
    const map = await sdk.scopeMaps.create(group, registry, FOREIGN.scopeMap, {
      actions: ['repositories/hello-world/content/read'],
    });
    const token = await sdk.tokens.create(group, registry, FOREIGN.token, {
      scopeMapId: map.id ?? '',
      status: 'enabled',
    });
    await stack.controlPlane.operator.generatePassword(FOREIGN.token, 'password1');
    await sdk.connectedRegistries.update(group, registry, stack.endpoints.edge.connectedRegistry, {
      clientTokenIds: [token.id ?? ''],
    });
    await operator.secrets.setSecret(FOREIGN.secret, FOREIGN_VALUE);
    return new Foreigners(it, await look(it));
  }

  /** Makes one more token with a password of somebody's, on the foreign scope map and not bound. */
  async makeToken(name: string): Promise<void> {
    const { operator, stack } = this.it;
    const { resourceGroup: group, registry } = stack.endpoints.azure;
    const map = await operator.scopeMap(FOREIGN.scopeMap);
    await operator.registries.tokens.create(group, registry, name, { scopeMapId: map.id ?? '', status: 'enabled' });
    await stack.controlPlane.operator.generatePassword(name, 'password1');
  }

  /** What of it is not as it was; nothing when all is, the binding once. */
  async touched(): Promise<string[]> {
    const touched: string[] = [];
    const now = await look(this.it);
    if (!isDeepStrictEqual(now, this.before))
      touched.push(`what others had was ${JSON.stringify(this.before)} and is ${JSON.stringify(now)}`);
    if ((await this.it.operator.secrets.getSecret(FOREIGN.secret)).value !== FOREIGN_VALUE)
      touched.push(`secret ${FOREIGN.secret} has another value`);
    return touched;
  }
}

async function look(it: TestStack): Promise<unknown> {
  const { scopeMaps, tokens, bound, secrets } = await readState(it);
  return {
    scopeMap: scopeMaps.get(FOREIGN.scopeMap),
    token: tokens.get(FOREIGN.token),
    bindings: bound.filter((name) => name === FOREIGN.token),
    secret: secrets.get(FOREIGN.secret),
  };
}
