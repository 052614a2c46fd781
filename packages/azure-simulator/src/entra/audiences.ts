/** The services that tokens are issued for here. */
export type Audience = 'arm' | 'vault' | 'eventgrid' | 'iothub' | 'app';

const PUBLIC: Readonly<Record<string, Audience>> = {
  'https://management.azure.com': 'arm',
  'https://management.core.windows.net': 'arm',
  'https://vault.azure.net': 'vault',
  'https://eventgrid.azure.net': 'eventgrid',
  'https://iothubs.azure.net': 'iothub',
  // The app registration of the app, which devices that poll sign in for.
  'api://onboarding-local': 'app',
};

/** The service of a token's audience. ARM's is the local endpoint or the public cloud's name. */
export function audienceOf(resource: string, baseUrl: string): Audience | undefined {
  const trimmed = resource.replace(/\/+$/, '').toLowerCase();
  const local = baseUrl.toLowerCase();
  if (trimmed === local || trimmed === local.replace('//localhost', '//127.0.0.1')) return 'arm';
  return PUBLIC[trimmed];
}
