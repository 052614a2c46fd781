// The end of azd's postdeploy hook: what the app may do, as it says itself. It tells, and fails nothing: rights take
// minutes to arrive.
import { az, output } from './az.mjs';
import { fetchHealth, healthLines } from './health.mjs';

/** @param {(line: string) => void} say */
export async function doctor(say) {
  try {
    const headers = operatorHeaders();
    const health = await fetchHealth(`https://${output('FUNCTION_APP_HOST')}`, headers);
    say('What the app may do:');
    for (const line of healthLines(health)) say(line);
  } catch (error) {
    say(`The app's rights could not be looked at: ${error instanceof Error ? error.message : String(error)}`);
    // With Entra a function key admits nobody.
    const signIn = process.env['OPERATOR_CLIENT_ID']
      ? '--token-file FILE, which has an access token'
      : '--key-file FILE';
    say(`Look later: npx crctl doctor, or npm run doctor -- --url https://APP ${signIn}`);
  }
}

/** Whoever deploys is an operator by the key; with Entra only where the role was assigned, which the app then says. */
function operatorHeaders() {
  const client = process.env.OPERATOR_CLIENT_ID;
  if (client) {
    const { accessToken } = az(['account', 'get-access-token', '--scope', `api://${client}/.default`]);
    return { authorization: `Bearer ${accessToken}` };
  }
  const { functionKeys } = az([
    'rest',
    '--method',
    'post',
    '--url',
    `${output('FUNCTION_APP_ID')}/host/default/listKeys?api-version=2024-11-01`,
  ]);
  return { 'x-functions-key': functionKeys?.default ?? '' };
}
