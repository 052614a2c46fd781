import { afterEach, describe, expect, it } from 'vitest';

import { hostJsonOf, logLevelRules, readHostJson } from '../src/config/hostJson.js';
import { parseJsonWithComments } from '../src/config/jsonWithComments.js';
import { applyEnvironment, readLocalSettings } from '../src/config/localSettings.js';
import { levelOf } from '../src/log/log.js';
import { makeApp, type AppFolder } from './appFolder.js';

let folder: AppFolder | undefined;
afterEach(async () => folder?.remove());
const inFolder = async (files: Record<string, string>): Promise<string> => {
  folder = await makeApp(files);
  return folder.appDir;
};

describe('JSON as the host reads it', () => {
  it('may contain comments and trailing commas; inside texts they are kept', () => {
    const text = '\uFEFF{ // one\n "a": "x // y, ]", /* two */ "b": [1, 2,], "c": "\\"/*", }';
    expect(parseJsonWithComments(text)).toEqual({ a: 'x // y, ]', b: [1, 2], c: '"/*' });
    expect(() => parseJsonWithComments('{"a": }')).toThrow(SyntaxError);
  });
});

describe('host.json', () => {
  it('is found regardless of case, and the environment overrides it', () => {
    const json = hostJsonOf(
      {
        version: '2.0',
        extensions: { durableTask: { hubName: 'a', maxConcurrentActivityFunctions: 5 } },
        logging: { logLevel: { default: 'Warning' } },
      },
      {
        AzureFunctionsJobHost__extensions__durabletask__HubName: 'b',
        AzureFunctionsJobHost__extensions__http__routePrefix: '',
        azurefunctionsjobhost__extensions__durableTask__maxConcurrentActivityFunctions: '7',
        AzureFunctionsJobHost__logging__logLevel__Host: 'Error',
        AzureFunctionsJobHost__extensions__x__flag: 'True',
      },
    );

    expect(json.get('Extensions', 'DurableTask')).toEqual({ hubName: 'b', maxConcurrentActivityFunctions: 7 });
    expect([json.get('extensions', 'http', 'routeprefix'), json.get('extensions', 'x', 'flag')]).toEqual(['', true]);
    expect(logLevelRules(json)).toEqual({ default: 'Warning', Host: 'Error' });
    expect(json.get('no', 'such')).toBeUndefined();
  });

  it.each([
    ['{', /Unable to parse host configuration file/],
    ['[]', /must hold a JSON object/],
    ['{}', /missing the required 'version'/],
    ['{"version": "3.0"}', /"3.0" is an invalid 'version'/],
  ])('%s is refused', async (text, message) => {
    const appDir = await inFolder({ 'host.json': text });
    await expect(readHostJson(appDir, {})).rejects.toThrow(message);
  });

  it('may be missing', async () => {
    expect((await readHostJson('/nonexistent', {})).value).toEqual({ version: '2.0' });
  });
});

describe('local.settings.json', () => {
  it('fills in what the environment does not set', async () => {
    const appDir = await inFolder({
      'local.settings.json': `{ "IsEncrypted": false, "Values": { "A": "1", "B": "2", "E": "5", "N": null, "T": true }, "ConnectionStrings": { "C": "3", "D": { "ConnectionString": "4" } }, "Host": { "LocalHttpPort": 7099, "CORS": "https://a, https://b", "CORSCredentials": true } }`,
    });

    const settings = await readLocalSettings(appDir);

    expect([settings.port, settings.cors, settings.corsCredentials]).toEqual([7099, ['https://a', 'https://b'], true]);

    const environment: NodeJS.ProcessEnv = { B: 'set', E: '' };

    expect(applyEnvironment(settings, environment)).toEqual(['B']);
    expect(environment).toEqual({
      A: '1',
      B: 'set',
      E: '5',
      T: 'true',
      'ConnectionStrings:C': '3',
      'ConnectionStrings:D': '4',
    });
    expect(settings.warnings).toEqual(["Skipping 'N' because value is null"]);
  });

  it('that is encrypted (the default unless IsEncrypted is false) is refused with the fix', async () => {
    const appDir = await inFolder({ 'local.settings.json': '{"Values": {"A": "1"}}' });
    await expect(readLocalSettings(appDir)).rejects.toThrow(/"IsEncrypted": false/);
  });

  it('that is not JSON counts as empty, with a warning', async () => {
    const appDir = await inFolder({ 'local.settings.json': '{nope' });
    const settings = await readLocalSettings(appDir);
    expect(settings.environment).toEqual({});
    expect(settings.warnings[0]).toMatch(/Failed to read app settings file/);
  });

  it('may be missing', async () => {
    expect((await readLocalSettings('/nonexistent')).environment).toEqual({});
  });
});

describe('a log level', () => {
  it('comes from the longest rule that matches the start of the category', () => {
    const rules = { 'Host.Triggers': 'debug', Host: 'Error', Function: 'nonsense', default: 'Warning' };
    expect(
      ['Host.Triggers.Timer', 'Host.Startup', 'Worker', 'Function.x'].map((category) => levelOf(rules, category)),
    ).toEqual(['debug', 'error', 'warning', 'information']);
  });
});
