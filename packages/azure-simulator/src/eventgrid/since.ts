/** The first api-version of properties in Event Grid's answers (recorded 2020-06, 2021-03 to 2021-07, 2022, 2024). */
const SINCE = {
  systemData: '2020-10-15',
  kind: '2020-10-15',
  disableLocalAuth: '2021-06-01',
  dataResidencyBoundary: '2021-06-01',
  minimumTlsVersionAllowed: '2023-06-01',
} as const;

/** A property, if the api-version has it. */
export function only(version: string, name: keyof typeof SINCE, value: unknown): object {
  return version >= SINCE[name] ? { [name]: value } : {};
}

/** An empty `systemData`: the author of a resource is not returned, but the JSON null. */
export function nothingKnown(version: string): object {
  return only(version, 'systemData', null);
}
