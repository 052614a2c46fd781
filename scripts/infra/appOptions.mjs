/** Settings that infra/modules/functionApp.bicep sets from the resources that it makes or is given. */
export const SET_BY_INFRA = [
  'REGISTRIES',
  'ARM_ENDPOINT',
  'ARM_AUDIENCE',
  'CREDENTIAL_KIND',
  'AZURE_AUTHORITY_HOST',
  'AZURE_CLIENT_ID',
  'ARM_IDENTITIES',
  'AZURE_TENANT_ID',
  'KEY_VAULT_URL',
  'KEY_VAULT_URLS',
  'KEY_VAULT_RESOURCE_ID',
  'KEY_VAULT_RESOURCE_IDS',
  'SIGNAL_TOPIC_ENDPOINT',
  'REPORT_KEYS',
  'OPERATOR_AUTH',
  'IOT_HUBS',
  'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT',
];

/** Settings that nobody makes for an app with an identity of Azure's, at Azure's own services. */
export const NOT_IN_AZURE = [
  'AZURE_CLIENT_SECRET',
  'DISABLE_INSTANCE_DISCOVERY',
  'KEY_VAULT_VERIFY_CHALLENGE',
  'WEBSITE_AUTH_ENABLED',
];

/**
 * @param {readonly string[]} names
 * @returns {string[]} the optional settings among `names`: what whoever deploys may choose.
 */
export function optionsOf(names) {
  return names.filter((name) => !SET_BY_INFRA.includes(name) && !NOT_IN_AZURE.includes(name));
}

/**
 * @param {readonly string[]} names
 * @returns {string} the text of infra/modules/appOptions.bicep for the settings `names`.
 */
export function optionsFile(names) {
  const lines = optionsOf(names).map((name) => `  ${name}: string?`);
  return `metadata description = 'Settings of the app that may be chosen. Written by "npm run infra-lists" from src/settings/settingsSchema.ts.'

@export()
@sealed()
@description('Settings of the app by name; an absent one has the default of docs/settings.md.')
type AppOptions = {
${lines.join('\n')}
}
`;
}
