import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/*
 * What is unknown is called unknown (docs/decisions/0032). A default can hide an unknown: `?? []` takes an answer that
 * lacks a list for an empty one, `?? false` a fact that nobody read for a no. So each default of what reads and judges
 * facts is here with the reason why it makes up none. Add a new one with its reason, or let the type say that the value
 * is unknown.
 */
const SEARCHED = [
  ...filesIn('src/queries'),
  ...filesIn('src/domain'),
  ...['answers', 'messages', 'names', 'registry', 'requests'].flatMap((name) =>
    filesIn(`packages/protocol/src/${name}`),
  ),
  ...filesIn('packages/clock/src/schedules'),
  'src/azure/arm/armFacts.ts',
  'src/azure/arm/armCalls.ts',
  'src/azure/arm/armControlPlane.ts',
  'src/azure/arm/armRegistries.ts',
  'src/azure/arm/armScopeMaps.ts',
  'src/azure/arm/armTokens.ts',
  'src/azure/keyVault.ts',
];

/** `*`: every default of the file. */
const REASONS: Readonly<Record<string, readonly string[]>> = {
  'A number of a read that nothing has to follow: every cached value will do.': [
    'src/queries/cache.ts after = ',
    'src/queries/registry/look.ts after = ',
  ],
  'A part of a text that is read by a pattern: the text is refused, or the part may be left out by its grammar.': [
    'src/domain/check/fixCommands.ts match ?? ',
    "src/domain/tokens/unmanagedTokens.ts ACTION.exec(text)?.groups?.['action'] ?? ",
    'packages/clock/src/schedules/ncrontab.ts *',
    'packages/protocol/src/registry/syncCron.ts *',
    'packages/protocol/src/requests/csvRows.ts cells[index] ?? ',
    'packages/protocol/src/requests/rolloutCsvOptions.ts *',
    'packages/protocol/src/requests/rolloutRequest.ts Object.keys(defaults ?? ',
    'packages/clock/src/schedules/timeSpan.ts *',
    'packages/protocol/src/names/operationId.ts *',
    'packages/protocol/src/names/repositoryActions.ts name = ',
    'packages/protocol/src/names/repositoryActions.ts ACTION.exec(text) ?? ',
    'src/domain/events/secretEvents.ts *',
    'src/domain/events/resourceEvents.ts *',
    'src/domain/schedules/freezeWindows.ts durationSeconds(duration ?? ',
    "src/azure/arm/armFacts.ts ').at(-1) ?? ",
    'src/azure/arm/armFacts.ts i.test(id ?? ',
  ],
  'A schedule that never occurs again: its next occurrence is later than any time.': [
    'src/domain/schedules/freezeWindows.ts ANY_TIME)?.isCutOff ?? ',
    'src/domain/schedules/freezeWindows.ts Date(after))?.getTime() ?? ',
  ],
  'Our own tags: without the part the tags are not ours, or say that nothing was made, which takes nothing away.': [
    'src/queries/rotation/rotationPlan.ts parseTags(secret.tags)) ?? ',
    'src/queries/clients/tokenOwnership.ts parseTags(tags)) ?? ',
    'src/queries/clients/tokenUsers.ts parseTags(listing.tags)) ?? ',
    'packages/protocol/src/names/secretTags.ts *',
  ],
  'Arithmetic over lists of our own that are never empty.': ['packages/clock/src/schedules/cronTimes.ts *'],
  'A count or a group that begins with nothing.': [
    'src/domain/clients/caseTwins.ts groups.get(folded(client)) ?? ',
    'src/queries/access/assignmentCount.ts clients = ',
    'src/domain/enrolment/hubDevices.ts access.replacedKeys ?? ',
    'src/domain/check/fixCommands.ts byRepository.get(repository) ?? ',
    'packages/protocol/src/names/repositoryActions.ts found.get(name) ?? ',
    'src/domain/check/checkRun.ts counts[state] ?? ',
    'src/domain/fleet/runBriefs.ts byCode[code] ?? ',
    'src/queries/clients/checkFindings.ts counts[state] ?? ',
    'src/queries/clients/knownClients.ts *',
    'src/queries/registry/listings.ts sizes.get(listing) ?? ',
    'src/domain/rollouts/counts.ts failures[code] ?? ',
    'src/domain/tokens/unmanagedTokens.ts bound.get(token) ?? ',
  ],
  'Our own record: what was never noted is none.': [
    'src/domain/binding/announcements.ts announced = ',
    'src/domain/rollouts/piece.ts piece.carriedOut ?? ',
    'src/queries/onboarding/preflight.ts recorded = ',
    'src/queries/onboarding/readFindings.ts held = ',
    'src/queries/onboarding/readFindings.ts clears?.disabled ?? ',
    'src/queries/clients/clientAccess.ts held = ',
    'src/domain/check/checkRun.ts part.warnings ?? ',
    'src/domain/check/checkRun.ts part.unmanaged ?? ',
    'src/domain/check/checkRun.ts part.omittedUnmanaged ?? ',
    'src/queries/onboarding/plannedWrites.ts isAdopted = ',
    'src/domain/clients/clientRecord.ts *',
    'src/domain/clients/revocationMarks.ts *',
    'src/queries/onboarding/readFindings.ts orphaned = ',
    'src/queries/clients/clientAccess.ts orphaned = ',
    'src/domain/offboarding/offboardingPlan.ts doubtful = ',
  ],
  'Our own settings and request fields: their documented defaults.': [
    'packages/protocol/src/requests/onboardingRequest.ts *',
    'src/domain/profiles/profileSchema.ts *',
    'src/domain/profiles/profiles.ts *',
    'src/domain/events/requestEvents.ts *',
  ],
  'Looked for by an index of the same list, or found again a moment later: gone is gone.': [
    'src/queries/clients/secondLook.ts byPlace.get(placeText(placeOf(client))) ?? ',
    'src/domain/clients/nearNames.ts *',
    'src/domain/operations/runningRun.ts EXPLAINED[run.kind] ?? ',
    'src/queries/clients/tokenUsers.ts users ?? ',
    'packages/protocol/src/registry/slots.ts empty ?? ',
  ],
  'The resource does not exist, which was read; another problem or difference says so.': [
    'src/domain/tokens/sharedToken.ts token.slots[slot] ?? ',
    'src/queries/clients/clientAccess.ts slots[slot] ?? ',
    'src/queries/registry/connectedRegistry.ts *',
    'src/domain/check/clientJudgement.ts connectedRegistry?.clientTokens ?? ',
    'src/queries/clients/inventory.ts actions = ',
    'src/queries/onboarding/planCredential.ts chooseSlot(token?.slots ?? ',
    'src/queries/onboarding/readFindings.ts parseTags(secret.tags)) ?? ',
    'src/queries/onboarding/preflight.ts credential ?? ',
    'src/queries/onboarding/preflightProblems.ts findings.connectedRegistry?.clientTokens.length ?? ',
    'src/queries/registry/look.ts map?.actions ?? ',
    'src/queries/onboarding/adoption.ts foundScopeMap?.actions ?? ',
    'src/queries/onboarding/readFindings.ts token?.scopeMap ?? ',
    'src/queries/onboarding/passwordsInUse.ts isSamePassword(token?.slots ?? ',
    'src/queries/registry/listings.ts orUndefined(list)) ?? ',
    'src/queries/onboarding/rightsProblems.ts *',
    'src/queries/rotation/rotationPlan.ts concat(connectedRegistry ?? ',
    'src/queries/rotation/rotationPlan.ts tags?.token ?? ',
    'src/queries/rotation/rotationPlan.ts tags?.scopeMap ?? ',
    'src/queries/rotation/rotationPlan.ts pullableRepository(scopeMap?.actions ?? ',
    'src/queries/rotation/rotationProblems.ts token?.slots ?? ',
  ],
  'A scope map that was not found: the token is shown with unknown rights, and only the size of a page is counted.': [
    'src/queries/clients/unmanagedTokens.ts token.scopeMap.actions?.length ?? ',
    'src/domain/tokens/unmanagedTokens.ts hasGatewayActions(actions ?? ',
  ],
  'Nobody says an endpoint: the empty text is the problem `endpoint-unknown`.': [
    'src/queries/onboarding/preflight.ts findings.connectedRegistry?.loginServer ?? ',
    'src/queries/rotation/rotationPlan.ts tags?.issued.endpoint ?? ',
  ],
  'Azure leaves empty lists and texts out of its answers, as recorded.': [
    'src/azure/arm/armFacts.ts item.clientTokenIds ?? ',
    'src/azure/arm/armFacts.ts item.credentials?.passwords ?? ',
    'src/azure/arm/armFacts.ts item.description ?? ',
    'src/azure/keyVault.ts tags ?? ',
    'src/azure/keyVault.ts found.properties.tags ?? ',
  ],
  'The empty text is none of the modes: `takesWrites` calls it unknown.': ['src/azure/arm/armFacts.ts item.mode ?? '],
  'The SDK takes it from the id of the answer, and sets it always; of an answer to a write the value is not needed.': [
    'src/azure/keyVault.ts version ?? ',
    'src/azure/keyVault.ts createdOn?.getTime() ?? ',
    'src/azure/keyVault.ts dockerConfigEndpoints(secret.value ?? ',
  ],
  'How the caller wants it: no fact of a service.': [
    'src/queries/clients/check.ts runningOf = ',
    'src/queries/clients/enabledAccess.ts goesOn = ',
    'src/queries/clients/tokenUsers.ts age = ',
    'src/queries/clients/tokenUsers.ts pages ?? ',
  ],
  'Only remembered, so that it can be taken out of output; what is missing needs none of that.': [
    'src/azure/arm/armTokens.ts made.passwords ?? ',
    'src/azure/keyVault.ts rememberCredential(secret.value ?? ',
  ],
  'A connected registry without a schedule is always online (az acr connected-registry create --help).': [
    'packages/protocol/src/registry/syncSchedule.ts schedule = ',
  ],
  'Words of a message, where what is missing is what the message is about or was looked at before.': [
    'src/domain/check/findingFix.ts *',
    'src/domain/tokens/sharedToken.ts fix = ',
    'src/domain/schedules/offlineTime.ts *',
    'src/domain/schedules/unreadableSchedule.ts *',
    'src/domain/check/clientJudgement.ts filled.expiresAt ?? ',
    'src/queries/onboarding/unknownProblems.ts *',
    'src/queries/onboarding/preflightProblems.ts writes[0]?.[0] ?? ',
    'src/queries/onboarding/adoption.ts first ?? ',
    'src/queries/onboarding/adoption.ts second ?? ',
  ],
  'Rollouts that an earlier version has stored have no number of the recount; theirs is the first.': [
    'src/domain/rollouts/control.ts recounts = ',
    'src/domain/rollouts/control.ts state.recounts ?? ',
  ],
};

/** `left ?? nothing`, where nothing is an empty or fixed value, and parameters or members with such a default. */
const DEFAULT =
  /(?<left>[\w$.()?[\]'!-]+\s*\?\?\s*)(?:\[\]|\{\}|false|true|''|`|-?\d+|[A-Z_]{3,}|Infinity)|[{,(]\s*(?<member>\w+(?::\s*\w+)? = )(?:\[\]|\{\}|false|true|''|\d+|[A-Z_]{3,})(?=\s*[,})])/g;

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`);
}

function defaultsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(DEFAULT)].map(({ groups }) => {
    const { left, member } = groups ?? {};
    return `${file} ${(left ?? member ?? '').replace(/^[([{!.\s-]+/, '').replace(/\s+/g, ' ')}`;
  });
}

test('every default of code that reads and judges facts has a reason, and every reason a default', () => {
  const found = new Set(SEARCHED.flatMap(defaultsOf));
  const reasoned = Object.values(REASONS).flat();
  const isReasoned = (one: string): boolean =>
    reasoned.includes(one) || reasoned.includes(`${one.split(' ')[0] ?? ''} *`);
  expect([...found].filter((one) => !isReasoned(one))).toEqual([]);
  const isUsed = (reason: string): boolean =>
    reason.endsWith(' *') ? [...found].some((one) => one.startsWith(reason.slice(0, -1))) : found.has(reason);
  expect(reasoned.filter((reason) => !isUsed(reason))).toEqual([]);
});
