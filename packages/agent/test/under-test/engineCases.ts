/** A docker `config.json` that is there, and what becomes of it: the entry is written, or the file refused as it is. */
export interface EngineCase {
  name: string;
  before: string;
  right: 'written' | 'refused';
  /** Engines that do not sign in after `written`: they would not by the rules of their own file. */
  without?: readonly ('docker' | 'skopeo' | 'podman')[];
}

const basic = (text: string) => ({ auth: Buffer.from(text).toString('base64') });

/**
 * Files as users of registries have met them, each tried with the engines by the system tests.
 * @param user of the credential
 */
export function ENGINE_CASES(endpoint: string, user: string): EngineCase[] {
  const stale = basic('old:stale');
  const json = (value: unknown) => JSON.stringify(value);
  const written = (name: string, before: string): EngineCase => ({ name, before, right: 'written' });
  const refused = (name: string, before: string): EngineCase => ({ name, before, right: 'refused' });
  return [
    written('nothing', ''),
    written('auths null', json({ auths: null })),
    written('AUTHS null', json({ AUTHS: null })),
    written('credHelpers null', json({ auths: {}, credHelpers: null })),
    written('credsStore null', json({ auths: {}, credsStore: null })),
    written('an empty credsStore', json({ credsStore: '' })),
    written('a helper for another registry', json({ credHelpers: { 'other:1': 'empty' } })),
    written('a second AUTHS with a stale entry', json({ auths: {}, AUTHS: { [endpoint]: stale } })),
    written('auths twice', `{"auths":{"${endpoint}":${json(stale)}},"auths":{}}`),
    written('Auths alone', json({ Auths: { [endpoint]: stale } })),
    written('an identity token of before', json({ auths: { [endpoint]: { identitytoken: 'x', ...stale } } })),
    written(
      'entries by address',
      json({ auths: { [`https://${endpoint}`]: stale, [`http://${endpoint}/v1/`]: stale } }),
    ),
    written('an entry with a closing slash', json({ auths: { [`${endpoint}/`]: stale } })),
    written('an entry of a longer host', json({ auths: { [`${endpoint}0/hello-world`]: stale } })),
    written(
      'its own stale entry for the repository',
      json({ auths: { [`${endpoint}/hello-world`]: basic(`${user}:stale`) } }),
    ),
    written('another entry that holds nothing', json({ auths: { 'other:1': {}, 'another:1': null } })),
    { ...written('a helper turned off for the endpoint', json({ credHelpers: { [endpoint]: '' } })) },
    {
      ...written(
        'a helper turned off for the endpoint alone',
        json({ credsStore: 'empty', credHelpers: { [endpoint]: '' } }),
      ),
      without: ['skopeo', 'podman'],
    },
    refused('credSstore, as Docker Desktop 2.0.0.3 wrote it', json({ auths: {}, credSstore: 'empty' })),
    refused('CredHelpers for the endpoint', json({ CredHelpers: { [endpoint]: 'empty' } })),
    refused('credsStore', json({ credsStore: 'empty' })),
    refused('a stale entry for the repository', json({ auths: { [`${endpoint}/hello-world`]: stale } })),
    refused('an empty entry for the repository', json({ auths: { [`${endpoint}/hello-world`]: {} } })),
    refused('a stale entry for the repository in AUTHS', json({ AUTHS: { [`${endpoint}/hello-world`]: stale } })),
    refused('a stale entry for a namespace', json({ auths: { [`${endpoint}/samples`]: stale } })),
    refused('an entry that is no base64', json({ auths: { 'other:1': { auth: '!!' } } })),
    refused('an entry without a password', json({ auths: { 'other:1': basic('somebody') } })),
    refused('an entry without a user', json({ auths: { 'other:1': basic(':stale') } })),
    refused('an auth that is a number', json({ auths: { 'other:1': { auth: 7 } } })),
    refused('a credsStore that is a list', json({ credsStore: [] })),
    refused('helpers that are a text', json({ credHelpers: 'empty' })),
    refused('another field of a wrong form', json({ detachKeys: 7 })),
    refused('a mail address that is a number', json({ auths: { 'other:1': { email: 7 } } })),
    refused('an experimental that is a truth value, which older dockers stop at', json({ experimental: true })),
    refused('a kubernetes setting of no meaning', json({ kubernetes: { allNamespaces: 'x' } })),
    refused('a proxy that is a number', json({ proxies: { default: { httpProxy: 7 } } })),
    refused('lists in lists without end', `{"a":${'['.repeat(9_000)}${']'.repeat(9_000)}}`),
    refused('a trailing comma', '{"auths":{},}'),
    refused('a number that is none', '{"a":NaN}'),
    refused('a line break in a text', '{"a":"\n"}'),
    written('a part of a proxy that docker does not know', json({ proxies: { default: { other: 7 } } })),
    written('fields of before, as docker wrote them', json({ experimental: 'enabled', stackOrchestrator: 'swarm' })),
    written('a zero character in a name', '{"auths\\u0000":7,"auths":{"other:1\\u0000":{"auth":"YTpi"}}}'),
    written('names in escaped letters', `{"\\u0061uths":{"${endpoint}":${json(stale)}}}`),
    written('an entry in capital letters', json({ auths: { [endpoint.toUpperCase()]: stale } })),
    written('a text of a megabyte', json({ HttpHeaders: { a: 'x\n'.repeat(500_000) } })),
    written('large numbers and members twice', '{"a":12345678901234567890,"b":1e400,"c":{"d":1,"d":2}}'),
    refused('helpers twice', `{"credHelpers":{"${endpoint}":"empty"},"credHelpers":{}}`),
    refused('a credsStore that is taken back', '{"credsStore":"empty","CREDSSTORE":""}'),
    refused('a list', '[]'),
    refused('null', 'null'),
    refused('a text after its end', '{} {}'),
    refused('a mark of its encoding', '\ufeff{}'),
  ];
}
