import { describe, expect, it } from 'vitest';

import { readJson } from '../../../src/durable/json/jsonReader.js';
import { JsonMetadataError, LeadingMetadata, unreadable } from '../../../src/durable/json/leadingMetadata.js';

const read = (text: string): LeadingMetadata => {
  const metadata = new LeadingMetadata();
  readJson(text, { onToken: metadata.take });
  return metadata;
};

describe('an object whose first members are metadata', () => {
  it.each([
    '{"a":1,"$type":null}',
    '{"$type":"x","a":{"$type":null}}',
    '{"$type":1}',
    '{"$id":null,"a":1}',
    '{"$id":"1"/* c */,"$type":null}',
    '{/* c */"$type":null}',
    '{"$ref":"1"}',
    '{"$ref":null,"a":1}',
    '{"$values":[{"$type":null}]}',
    '[{"$type":null}]',
    '"$type"',
  ])('%s is read', (text) => {
    expect(() => read(text)).not.toThrow();
  });

  it.each([
    ['{"$type":null}', 'Object reference not set to an instance of an object.'],
    ['{"$type":[]}', 'Object reference not set to an instance of an object.'],
    ['{"$type":undefined}', 'Object reference not set to an instance of an object.'],
    ['{"$id":"1","$type":{}}', 'Object reference not set to an instance of an object.'],
    ['{"$ref":1}', "JSON reference $ref property must have a string or null value. Path '$ref', line 1, position 9."],
    ['{"$ref":"1","a":1}', /^Additional content found in JSON reference object.* Path 'a', line 1, position 16\.$/],
    ['{"$ref":"1"/* c */}', /^Additional text found/],
    ['{"$id":{"a":1}}', /^Additional text found/],
    ['{"$id":[1]}', /^Additional text found/],
    ['{"$id":{"a":[{}],"b":1}, "c":', /^Additional text found/],
    ['{"$type":/* c */"x"}', /^Additional text found/],
    ['{"$values":[[]],"a":1}', /^Additional text found/],
    ['{"$values":1/* c */}', /^Additional text found/],
  ])('%s is refused', (text, why) => {
    expect(() => read(text)).toThrow(JsonMetadataError);
    expect(() => read(text)).toThrow(why);
  });

  it('is over where an id that is an object ends', () => {
    const metadata = new LeadingMetadata();
    expect(() => readJson('{"$id":{"a":1}', { onToken: metadata.take })).toThrow('Unexpected end of content');
    expect(metadata.isOver).toBe(true);
  });
});

describe('a stored value', () => {
  it.each(['1', '{"a":1}', '{"$type":"x"}', '{"$id":{"a":1},"b":2}', '{"$values":[],"a":1}'])(
    '%s is readable',
    (json) => {
      expect(unreadable(json)).toBeUndefined();
    },
  );

  it.each([
    ['{"$type":null}', 'System.NullReferenceException'],
    ['{"$ref":1}', 'Newtonsoft.Json.JsonSerializationException'],
  ])('%s is not: %s', (json, type) => {
    expect(unreadable(json)?.type).toBe(type);
  });
});
