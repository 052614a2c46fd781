import { afterEach, describe, expect, test } from 'vitest';
import { parseImage } from '../../src/registry/imageReference.js';
import { parseDockerConfig } from '../../src/secrets/dockerConfig.js';
import { parseEvent } from '@connected-registry/protocol/messages/incomingEvent';
import { parseImage as parseAsked } from '@connected-registry/protocol/names/image';
import { onboardingBody } from '@connected-registry/protocol/requests/onboardingRequest';
import { CREDENTIAL_PROMOTED } from '@connected-registry/protocol/messages/pullCheckMessages';
import { cloudEvent, gridEvent, promotion, request, startAgentUnderTest } from '../under-test/agentUnderTest.js';
import type { AgentUnderTest } from '../under-test/agentUnderTest.js';

let agent: AgentUnderTest;
afterEach(() => agent?.close());

const bare = { specversion: '1.0', id: '1', source: '/x', type: 'Other.Type' };
const grid = { id: '3', eventType: 'Other.Type', subject: 's', eventTime: '2024-02-15T14:30:00Z', dataVersion: '1' };

describe('an event of an unknown type', () => {
  test.each([
    ['a CloudEvent without data', bare],
    ['one with data null', { ...bare, data: null }],
    ['an event of Event Grid without data', [grid]],
    ['one without what may be left out', { specversion: '1.0', id: '1', type: 'Other.Type' }],
    ['one with nulls', { ...bare, subject: null, time: null }],
    ['a batch', [bare, { ...bare, id: '2', data: {} }]],
    ['an empty batch', []],
  ])('(%s) is accepted', async (_case, body) => {
    agent = await startAgentUnderTest();
    expect(await agent.deliver(body)).toBe(200);
  });

  test.each([
    ['without data', bare],
    ['of no schema', { hello: 'world' }],
    ['that is no object', 7],
  ])('%s does not stop the other events of its delivery', async (_case, other) => {
    agent = await startAgentUnderTest();
    await agent.deliver([other, cloudEvent(request()), gridEvent(promotion(), CREDENTIAL_PROMOTED)]);
    await agent.idle();
    expect([agent.checks.length, agent.promoted.length]).toEqual([1, 1]);
  });
});

describe('a CloudEvent in binary mode', () => {
  const headers = (type: string) => ({
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': '7',
    'ce-source': '/onboarding',
    'ce-type': type,
    'ce-time': '2026-01-01T00:00:00Z',
  });

  test('is accepted', async () => {
    agent = await startAgentUnderTest();
    expect(await agent.deliver(request(), headers('ConnectedRegistry.PullCheckRequested'))).toBe(200);
    expect(await agent.deliver(promotion(), headers('ConnectedRegistry.CredentialPromoted'))).toBe(200);
    await agent.idle();
    expect([agent.checks.length, agent.promoted.length]).toEqual([1, 1]);
  });

  test('is accepted without data or with another type; another version is refused with the reason', async () => {
    agent = await startAgentUnderTest();
    expect(await agent.deliver('', headers('Other.Type'))).toBe(200);
    expect(await agent.deliver('', headers('ConnectedRegistry.PullCheckRequested'))).toBe(400);
    expect(await agent.deliver(request(), { ...headers('Other.Type'), 'ce-specversion': '0.3' })).toBe(400);
    expect(agent.log.join()).toContain("is neither an event of Event Grid's schema nor a CloudEvent 1.0");
  });
});

test('agent and app accept data in base64', async () => {
  const { data, ...rest } = cloudEvent(request());
  const encoded = { ...rest, data_base64: Buffer.from(JSON.stringify(data)).toString('base64') };

  agent = await startAgentUnderTest();

  expect(await agent.deliver(encoded)).toBe(200);

  await agent.idle();
  expect(agent.checks).toHaveLength(1);
  expect(parseEvent(encoded, new Date())?.data).toEqual(data);
});

test.each(['x-candidate', 'x-CANDIDATE', 'X-Candidate', 'x-canDidate'])(
  'a promotion of %s is refused, because a candidate may never have been verified',
  async (name) => {
    agent = await startAgentUnderTest();
    const body = cloudEvent(promotion({ secret: { name, version: 'v' } }), CREDENTIAL_PROMOTED);
    expect(await agent.deliver(body)).toBe(400);
    expect(agent.promoted).toEqual([]);
  },
);

const DIGEST = `sha256:${'0'.repeat(64)}`;

describe('app and agent agree', () => {
  const body = { connectedRegistry: 'myconnectedregistry', client: 'device-1', repositories: ['a', 'a/b'] };

  test.each(['a', 'a:1', `a@${DIGEST}`, 'a/b:v1.2', `a:1@${DIGEST}`, 'a:1:2', 'A:1', 'a//b', '', 'a:', 'host:5000/a'])(
    'on the image %j',
    (image) => {
      const asked = onboardingBody.safeParse({ ...body, image });
      const refusal = asked.error?.issues.find(({ path }) => path[0] === 'image')?.message;
      let refused: string | undefined;
      try {
        parseImage(image);
      } catch (error) {
        refused = (error as Error).message;
      }

      expect(refused).toBe(refusal === undefined ? undefined : `the image ${refusal}`);
    },
  );

  test('that a tag together with a digest is refused, with the reason', () => {
    expect(parseAsked(`a:1@${DIGEST}`)).toBeUndefined();
    expect(() => parseImage(`a:1@${DIGEST}`)).toThrow(/a tag or a digest but not both/);
  });

  test.each([
    '[::1]:8000',
    '[::1]',
    '[fe80::1]:443',
    '[::ffff:10.0.0.1]:5000',
    'edge:8000',
    '10.0.0.1',
    '::1',
    '[::1',
    '[fe80::1%eth0]:8000',
    '[::g]:8000',
    '[::1]:99999',
    'edge:99999',
    'edge/x',
    '[::1]:',
  ])('on the endpoint %j', (endpoint) => {
    const asked = onboardingBody.safeParse({ ...body, endpoint });
    const refusals = asked.error?.issues.map(({ message }) => message) ?? [];
    let refused: string | undefined;
    try {
      const auth = Buffer.from('u:p').toString('base64');
      expect(parseDockerConfig(JSON.stringify({ auths: { [endpoint]: { auth } } })).endpoint).toBe(endpoint);
    } catch (error) {
      refused = (error as Error).message;
    }

    expect(refused === undefined ? [] : [refused.replace('the registry in the secret ', '')]).toEqual(refusals);
  });
});
