import { describe, expect, test } from 'vitest';
import { ONBOARDING_FIELDS, onboardingBody } from '@connected-registry/protocol/requests/onboardingRequest';
import { parseProfiles } from '../../../../../src/domain/profiles/profileSchema.js';
import { fieldErrors } from '../../../../../src/triggers/http/answers/problem.js';

const BODY = { connectedRegistry: 'myconnectedregistry', client: 'sensor-1' };

function errorsOf(repositories: unknown) {
  const parsed = onboardingBody.safeParse({ ...BODY, repositories, image: 'a:1' }, { reportInput: true });
  return parsed.success ? [] : fieldErrors(parsed.error, ONBOARDING_FIELDS);
}

describe('an error inside a field of several forms', () => {
  test.each<[string, unknown, [string, RegExp][]]>([
    ['an action', { a: ['content/read', 'pull'] }, [['repositories.a.1', /content\/read.*, not "pull"/]]],
    [
      'several actions',
      { 'b/*': ['x'], a: [7] },
      [
        ['repositories.b/*.0', /not "x"/],
        ['repositories.a.0', /not 7/],
      ],
    ],
    ['no list of actions', { a: 'content/read' }, [['repositories.a', /a list of actions/]]],
    ['an empty list of actions', { a: [] }, [['repositories.a', /at least one action/]]],
    ['a name in an object', { 'B d': ['content/read'] }, [['repositories.B d', /not a repository name/]]],
    ['a name in a list', ['a', 'B'], [['repositories.1', /not a repository name/]]],
    ['an item that is no text', [7], [['repositories.0', /must be a text/]]],
    ['no name at all', [], [['repositories', /at least one repository/]]],
    ['neither form', 'a', [['repositories', /a list of names or an object/]]],
    ['a name like a property of every object', { constructor: ['x'] }, [['repositories.constructor.0', /not "x"/]]],
    ['a name like another field', { image: ['x'] }, [['repositories.image.0', /not "x"/]]],
  ])('%s is reported by its own field and the expected form', (_, repositories, expected) => {
    const errors = errorsOf(repositories);
    expect(errors.map(({ field }) => field)).toEqual(expected.map(([field]) => field));
    for (const [index, [, message]] of expected.entries()) expect(errors[index]?.message).toMatch(message);
    for (const { fix } of errors) expect(fix).toBe(`It must be ${ONBOARDING_FIELDS.repositories}.`);
  });

  test('shortens a long wrong value', () => {
    expect(errorsOf({ a: ['x'.repeat(500)] })[0]?.message.length).toBeLessThan(200);
  });

  test('is the same for profiles', () => {
    const profile = { name: 'edge', match: { connectedRegistry: 'hall*' }, repositories: { a: ['pull'] } };
    expect(parseProfiles(JSON.stringify([profile]))).toEqual({
      faults: [expect.stringContaining('profile edge, field repositories.a.0: must be one of content/read')],
    });
  });
});
