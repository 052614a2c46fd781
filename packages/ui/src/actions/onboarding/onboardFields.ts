/** A field of the form. Its id is the field of the request, so that the app's faults find it. */
export interface FormField {
  readonly id: string;
  readonly label: string;
  readonly help: string;
  readonly kind: 'text' | 'lines' | 'number' | 'choice' | 'flag';
  readonly choices?: readonly string[];
  readonly isRequired?: true;
}

/** What every onboarding needs. */
export const MAIN_FIELDS: readonly FormField[] = [
  {
    id: 'connectedRegistry',
    label: 'Connected registry',
    help: 'Its name in Azure: 5 to 50 letters and digits.',
    kind: 'text',
    isRequired: true,
  },
  {
    id: 'client',
    label: 'Client',
    help: "The device's id: up to 128 of IoT Hub's characters.",
    kind: 'text',
    isRequired: true,
  },
  {
    id: 'repositories',
    label: 'Repositories',
    help: 'One on each line. The client may pull from it; more rights follow an equals sign: samples/app=content/read,metadata/read',
    kind: 'lines',
    isRequired: true,
  },
];

/** What has a default. */
export const MORE_FIELDS: readonly FormField[] = [
  { id: 'registry', label: 'Registry', help: 'The default is the first that the app is configured for.', kind: 'text' },
  {
    id: 'image',
    label: 'Image of the pull check',
    help: 'repository:tag or repository@sha256:…; the default is :latest of the first plain repository.',
    kind: 'text',
  },
  {
    id: 'endpoint',
    label: 'Endpoint',
    help: 'host:port of the connected registry as the device reaches it; the default is its login server.',
    kind: 'text',
  },
  {
    id: 'credentialLifetimeDays',
    label: 'Lifetime of the credential in days',
    help: '1 to 730; the default is a setting of the app.',
    kind: 'number',
  },
  { id: 'scopeMap', label: 'Scope map', help: 'By default its name follows from the rights.', kind: 'text' },
  { id: 'token', label: 'Token', help: 'By default its name follows from the client.', kind: 'text' },
  {
    id: 'identity.principalId',
    label: 'Identity of the device',
    help: "Object id in Entra of what the app lets read the client's two secrets.",
    kind: 'text',
  },
  {
    id: 'identity.principalType',
    label: 'Kind of this identity',
    help: 'The default is ServicePrincipal.',
    kind: 'choice',
    choices: ['ServicePrincipal', 'Device'],
  },
  {
    id: 'poller',
    label: 'Poller',
    help: "Object id in Entra of what asks for the client's messages; it gives no right to read secrets.",
    kind: 'text',
  },
  {
    id: 'replaceSlot',
    label: 'Slot that may be overwritten',
    help: 'If both passwords work and are unknown to the vault.',
    kind: 'choice',
    choices: ['password1', 'password2'],
  },
  { id: 'adopt', label: 'Take over an existing token', help: 'One that was not made for this client.', kind: 'flag' },
  {
    id: 'restoreScopeMap',
    label: 'Restore the scope map',
    help: 'One of the app whose rights others have changed.',
    kind: 'flag',
  },
  { id: 'recheck', label: 'Pull again', help: 'Also if nothing has to change.', kind: 'flag' },
];

/** What was typed in, by the id of its field. */
export type Given = ReadonlyMap<string, string>;

/** The value of a flag that is set. */
export const SET = 'true';

/** The request. The app judges it, so what is no number stays a text, which it refuses with the field's name. */
export function onboardingBody(given: Given): Readonly<Record<string, unknown>> {
  const body = new Map<string, unknown>();
  const identity = new Map<string, unknown>();
  for (const field of [...MAIN_FIELDS, ...MORE_FIELDS]) {
    const text = (given.get(field.id) ?? '').trim();
    if (text === '') continue;
    const [group, name] = field.id.split('.');
    if (name === undefined) body.set(field.id, valueOf(field, text));
    else if (group === 'identity') identity.set(name, text);
  }
  if (identity.size > 0) body.set('identity', Object.fromEntries(identity));
  return Object.fromEntries(body);
}

function valueOf({ kind }: FormField, text: string): unknown {
  switch (kind) {
    case 'flag':
      return text === SET;
    case 'number':
      return /^\d+$/.test(text) ? Number(text) : text;
    case 'lines':
      return repositoriesOf(text);
    case 'text':
    case 'choice':
      return text;
  }
}

/** A list of names or, if a line has actions, an object. */
function repositoriesOf(text: string): string[] | Readonly<Record<string, readonly string[]>> {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (!lines.some((line) => line.includes('='))) return lines;
  const found = new Map<string, string[]>();
  for (const line of lines) {
    const [name = '', actions = 'content/read'] = line.split(/\s*=\s*/, 2);
    found.set(name, [...(found.get(name) ?? []), ...actions.split(/[\s,]+/).filter((one) => one !== '')]);
  }
  return Object.fromEntries(found);
}
