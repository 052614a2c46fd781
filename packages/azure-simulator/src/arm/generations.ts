/**
 * The services change while the api-version stays the same: recordings of 2021 and of 2024 with one api-version differ.
 * The simulator derives the generation of a registry from the api-version that created it, because clients of 2021 used
 * api-versions of 2021. Newer api-versions, which the app and today's clients use, get the service as it is now. Where
 * recordings of one api-version differ, the later recording counts. Recorded on some thirty days from 2020-04 to
 * 2024-01, and in 2025-09 and 2026-09.
 */
export interface Generation {
  /** Characters of a generated password: 52 since 2022, 32 before. */
  passwordLength: 32 | 52;
  /** Until the end of 2021 tokens had a list of certificates, which was always empty. */
  listsCertificates: boolean;
  /** An operation's address contains its time, certificate and signature. */
  signsOperations: boolean;
  /** The 202 of a deletion had the JSON text null as its body. */
  answersNull: boolean;
  /** Creating a registry is asynchronous: 201 and an operation to poll. */
  makesRegistriesLater: boolean;
  /** Answers name the supported api-versions. */
  namesVersions: boolean;
}

/** @param madeWith the api-version of the write that created the registry */
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
