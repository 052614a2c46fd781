import { describe, expect, it } from 'vitest';

import { JsonReadError } from '../../../src/durable/json/jsonReader.js';
import { normalisedJson } from '../../../src/durable/json/jsonWriter.js';
import { isTooDeep, storedJson } from '../../../src/durable/json/stored.js';

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

describe('a text that a caller sends', () => {
  it.each([
    ["{'single':1, un_quoted:\"a'b\"}", `{"single":1,"un_quoted":"a'b"}`],
    ['\uFEFF{"a":1 /* c */} // end', '{"a":1}'],
    ['[1,2,]', '[1,2]'],
    ['[null,true,false,"a\u2028b"]', '[null,true,false,"a\\u2028b"]'],
    ['[1,,2]', '[1,undefined,2]'],
    ['{"a":1,"a":2,}', '{"a":2}'],
    ['[NaN,-Infinity,1e400]', '["NaN","-Infinity","Infinity"]'],
    ['[01,0x1F,-0,.5,5.,1.10,100.00]', '[1,31,0,0.5,5.0,1.1,100.0]'],
    ['[-0.0,1E5,1e-7,1E21,0.000001,123456789012345.5]', '[-0.0,100000.0,1E-07,1E+21,1E-06,123456789012345.5]'],
    ['12345678901234567890123', '12345678901234567890123'],
    ['"tab\there\\u0041\\/\\ud800"', '"tab\\thereA/\ufffd"'],
    [nested(64), nested(64)],
  ])('%s is read as %s', (text, read) => {
    expect(normalisedJson(text)).toBe(read);
  });

  it.each([
    ['', /^Error reading JToken/],
    ['True', /^Unexpected character encountered while parsing value: T/],
    ['+1', /^Unexpected character/],
    ['-', /^Input string '-' is not a valid number/],
    ['"\\x41"', /^Bad JSON escape sequence: \\x/],
    ['"open', /^Unterminated string/],
    ['{"a" 1}', /^Invalid character after parsing property name/],
    ['{"a":{"b":[1 2]}}', /Path 'a.b[[]0]', line 1, position 13/],
    ['08', /^Input string '08' is not a valid number/],
    ['{a', /^Unexpected end while parsing unquoted property name. Path '', line 1, position 2/],
    ['{a.b:1}', /^Invalid JavaScript property identifier character: [.]. Path '', line 1, position 2/],
    ['{"a":[1}', /^JsonToken EndObject is not valid for closing JsonType Array. Path 'a', line 1, position 8/],
    ['{"a":)', /^JsonToken EndConstructor is not valid for closing JsonType Object. Path '', line 1, position 6/],
    ['[1]\r\n)', /^Additional text encountered .* line 2, position 0/],
    ['{"a":1\r\n,\r"b":x}', /Path 'b', line 3, position 4/],
    [
      '{"a"/* c */:1}',
      /^Invalid character after parsing property name. Expected ':' but got: \/. Path '', line 1, position 4/,
    ],
    ['[', /^Error reading JArray from JsonReader. Path '', line 1, position 1/],
    ['[{', /^Unexpected end of content while loading JArray. Path '[[]0]', line 1, position 2/],
    ['{"a":[', /^Unexpected end of content while loading JObject. Path 'a', line 1, position 6/],
    ['\n', /^Error reading JToken from JsonReader. Path '', line 0, position 0/],
    ['tRuE', /^Error parsing boolean value. Path '', line 1, position 1/],
    ['[1\uFEFF]', /^Unexpected character encountered while parsing number: \uFEFF. Path '', line 1, position 2/],
    ['nul', /^Unexpected end when reading JSON. Path '', line 1, position 3/],
    [']', /^JsonToken EndArray is not valid for closing JsonType None. Path '', line 1, position 1/],
    ['{"a":1,,', /^Invalid property identifier character: ,. Path 'a', line 1, position 7/],
    ['{"a":"\\u12"}', /^Unexpected end while parsing Unicode escape sequence. Path 'a', line 1, position 8/],
    ['{"":{"a":x}}', /Path 'a', line 1, position 9/],
    ['{"a":{"b c\'":x}}', /Path 'a\['b c\\''\]', line 1, position 13/],
    ['1 2', /^Additional text encountered/],
    [nested(65), /^The reader's MaxDepth of 64 has been exceeded/],
  ])('%s is refused', (text, why) => {
    expect(() => normalisedJson(text)).toThrow(JsonReadError);
    expect(() => normalisedJson(text)).toThrow(why);
  });

  it('may be as long as a body', () => {
    const [blanks, letters] = [' '.repeat(20_000_000), 'a'.repeat(20_000_000)];
    expect(normalisedJson(`${blanks}[${blanks}1]`)).toBe('[1]');
    expect(() => normalisedJson(`{${letters}`)).toThrow('Unexpected end while parsing unquoted property name');
  });

  it('may go on after its value where the extension reads only one', () => {
    expect(normalisedJson('{"a":1} garbage', 'allowed')).toBe('{"a":1}');
  });
});

describe('a value of the app', () => {
  it.each([
    ['{"$type":"x","a":{"$type":"y"}}', '{"a":{"$type":"y"}}'],
    ['{"a":1,"$type":"x"}', '{"a":1,"$type":"x"}'],
    ['{"$id":"1","$values":[1]}', '[1]'],
    ['{"$ref":"1"}', 'null'],
    ['[1e+21,1e-7,0.00001]', '[1E+21,1E-07,1E-05]'],
    ['{"plain":"text 1e5 } { [","n":1.5}', '{"plain":"text 1e5 } { [","n":1.5}'],
  ])('%s is stored as %s', (json, stored) => {
    expect(storedJson(json)).toBe(stored);
  });

  it('that is a reference with more members, or too deep, is refused', () => {
    expect(() => storedJson('{"$ref":"1","description":"d"}')).toThrow('Additional content found in JSON reference');
    expect(() => storedJson('{"$values":[1],"$id":"5"}')).toThrow('Additional text found in JSON string');
    expect(() => storedJson(nested(65))).toThrow("The reader's MaxDepth of 64");
  });

  it('is deep by its brackets outside texts', () => {
    expect(isTooDeep(nested(64))).toBe(false);
    expect(isTooDeep(`[${'[],'.repeat(200)}"${'['.repeat(200)}"]`)).toBe(false);
    expect(isTooDeep(`{"a":${nested(64)}}`)).toBe(true);
  });
});
