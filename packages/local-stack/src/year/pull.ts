import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';

/** The result of a pull: `pulled`, or the reason why it failed. */
export interface PullEnd {
  readonly pulled: boolean;
  /** `no credential`, `token endpoint 401`, ... */
  readonly how: string;
}

const REPOSITORY = 'hello-world';
const SCOPE = encodeURIComponent(`repository:${REPOSITORY}:pull`);
const TOKEN = '/acr/oauth2/token';
const agent = new Agent({ keepAlive: true });

/**
 * Pulls once from a connected registry, like a container engine that knows the token endpoint: gets a token with the
 * current content of its docker `config.json`, and with that the manifest.
 */
export async function pullWith(configFile: string, host: string): Promise<PullEnd> {
  const auth = await authFor(configFile, host);
  if (auth === undefined) return failed('no credential');
  const granted = await get(`http://${host}${TOKEN}?service=${host}&scope=${SCOPE}`, `Basic ${auth}`);
  if (granted.status !== 200) return failed(`token endpoint ${granted.status}`);
  const { access_token: token } = JSON.parse(granted.text) as { access_token: string };
  const found = await get(`http://${host}/v2/${REPOSITORY}/manifests/latest`, `Bearer ${token}`);
  return found.status === 200 ? { pulled: true, how: 'pulled' } : failed(`manifest ${found.status}`);
}

const failed = (how: string): PullEnd => ({ pulled: false, how });

/** base64 of user:password, as in the file. */
async function authFor(configFile: string, host: string): Promise<string | undefined> {
  try {
    const config = JSON.parse(await readFile(configFile, 'utf8')) as { auths?: Record<string, { auth?: string }> };
    return config.auths?.[host]?.auth;
  } catch {
    return undefined;
  }
}

function get(url: string, authorization: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, headers: { authorization, accept: '*/*' } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.once('error', reject);
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.once('error', reject);
    sent.end();
  });
}
