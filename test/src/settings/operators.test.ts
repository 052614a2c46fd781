import { describe, expect, test } from 'vitest';
import { problemsOf } from './problemsOf.js';
import { config } from '../fakes/answers/requests.js';

describe('operators by Entra', () => {
  const entra = { OPERATOR_AUTH: 'entra', OPERATOR_ROLE: 'Onboarding.Operator', WEBSITE_AUTH_ENABLED: 'True' };

  test.each([undefined, '', 'False', '1'])(
    'are refused while the platform does not authenticate: WEBSITE_AUTH_ENABLED=%s',
    (value) => {
      expect(problemsOf({ ...entra, WEBSITE_AUTH_ENABLED: value })).toEqual([
        expect.stringMatching(/^setting OPERATOR_AUTH must not be entra .*turn it on/),
      ]);
    },
  );

  test('are refused if no operator is named', () => {
    expect(problemsOf({ ...entra, OPERATOR_ROLE: '' })).toEqual([
      expect.stringMatching(/^setting OPERATOR_ROLE or OPERATOR_PRINCIPALS is missing/),
    ]);
  });

  test.each([{ OPERATOR_ROLE: 'x' }, { OPERATOR_PRINCIPALS: '11111111-aaaa-4bbb-8ccc-1234567890ab' }])(
    'require the setting if they are named: %j',
    (named) => {
      expect(problemsOf(named)).toEqual([expect.stringMatching(/^setting OPERATOR_AUTH must be entra/)]);
    },
  );

  test('are those with the role and those on the list', () => {
    expect(config().operators).toEqual({ kind: 'functionKey' });
    expect(config({ ...entra, WEBSITE_AUTH_ENABLED: 'true' }).operators).toEqual({
      kind: 'entra',
      role: 'Onboarding.Operator',
      principals: [],
    });
    const principal = '11111111-AAAA-4bbb-8ccc-1234567890ab';
    expect(config({ ...entra, OPERATOR_ROLE: '', OPERATOR_PRINCIPALS: ` ${principal},` }).operators).toEqual({
      kind: 'entra',
      principals: [principal.toLowerCase()],
    });
  });
});
