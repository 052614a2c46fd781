/**
 * The services change under an api-version that stays the same: recordings of 2021 and of 2024, with one api-version,
 * differ. Which generation of the service a registry meets is told here from the api-version that it was made with,
 * since who makes one with an api-version of 2021 does as clients of 2021 did; whoever uses a newer one, as the app and
 * today's clients do, meets the service as it is. Where one api-version was recorded both ways, the later one holds.
 * Recorded on some thirty days from 2020-04 to 2024-01, and in 2025-09 and 2026-09.
 */
export interface Generation {
  /** Characters of a generated password: 52 since the year of 2022, 32 before. */
  passwordLength: 32 | 52;
  /** Tokens listed their certificates, of which there never were any, until the end of 2021. */
  listsCertificates: boolean;
  /** An operation's address carries its time, certificate and signature. */
  signsOperations: boolean;
  /** The 202 of a deletion had the JSON text null for a body. */
  answersNull: boolean;
  /** A registry is made asynchronously: 201 and an operation to follow. */
  makesRegistriesLater: boolean;
  /** Answers say which api-versions there are. */
  namesVersions: boolean;
}

/** @param madeWith the api-version of the write that made the registry */
export function generationOf({ madeWith }: { readonly madeWith?: string }): Generation {
  const made = madeWith ?? '9999';
  const isNew = made >= '2023-06';
  return {
    passwordLength: made >= '2022' ? 52 : 32,
    listsCertificates: made < '2021-08',
    signsOperations: isNew,
    answersNull: !isNew,
    makesRegistriesLater: made >= '2020-11',
    namesVersions: made >= '2020-11',
  };
}

/** The body of a deletion's 202: the JSON text null until 2023, none since. */
export function deletionBody(registry: { readonly madeWith?: string }): (() => null) | undefined {
  return generationOf(registry).answersNull ? () => null : undefined;
}
