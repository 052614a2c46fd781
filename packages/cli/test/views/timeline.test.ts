import { expect, test } from 'vitest';
import { timelineOf } from '../../src/views/timeline.js';
import { RUNNING } from '../fakes/answers.js';

const paint = (text: string): string => text;

test('a timeline has a line for each step, and none is longer than the terminal, whatever the names', () => {
  const [title, operation, ...steps] = timelineOf(RUNNING, 80, paint);
  expect(title).toBe('onboard myregistry/plant7registry/press-1  running, pullCheck');
  expect(operation).toBe(`operation ${RUNNING.id}`);
  expect(steps).toHaveLength(RUNNING.steps.length);
  const long = { ...RUNNING, registry: 'r'.repeat(50), connectedRegistry: 'c'.repeat(50), client: 'd'.repeat(50) };
  const lines = timelineOf(long, 80, paint);
  expect(lines[0]).toMatch(/^onboard r+\/c*…  running, pullCheck$/);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
});
