import fc from 'fast-check';
import { REPOSITORY_ACTIONS, type Permissions } from '@connected-registry/protocol/names/permissions';

/** `size: 'max'`, or the lengths near the limits would hardly ever be tried. */
export const text = (alphabet: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet.split('')), minLength, maxLength, size: 'max' });

const letters = 'abcdefghijklmnopqrstuvwxyz';
const alphanumeric = `${letters}${letters.toUpperCase()}0123456789`;

/** IoT Hub's characters. */
export const DEVICE_ALPHABET = `${alphanumeric}-:.+%_#*?!(),=@;$'`;

export const registryName = text(alphanumeric, 5, 50);
export const deviceId = text(DEVICE_ALPHABET, 1, 128);
export const clientReference = fc.record({ registry: registryName, connectedRegistry: registryName, client: deviceId });
export const tokenName = text(`${alphanumeric}-`, 5, 50);
export const scopeMapName = text(`${alphanumeric}-_`, 5, 50);

const component = fc.constantFrom('a', 'b', 'samples', 'hello-world', 'x1', 'a_b', 'content', 'read', '7');
const path = fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));

/** Plain names and wildcards, from few parts so that they often meet. */
export const repositoryPattern = fc.oneof(
  { weight: 4, arbitrary: path },
  { weight: 2, arbitrary: path.map((prefix) => `${prefix}/*`) },
  { weight: 1, arbitrary: fc.constant('*') },
);
export const plainRepository = path;
export const actions = fc.uniqueArray(fc.constantFrom(...REPOSITORY_ACTIONS), { minLength: 1 });
export const permissions: fc.Arbitrary<Permissions> = fc.dictionary(repositoryPattern, actions, { minKeys: 1 });

export const isoInstant = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2060-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
