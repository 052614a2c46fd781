import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/*
 * What is unknown is called unknown (docs/decisions/0032). A default can hide an unknown: `?? []` takes an answer that lacks
 * a list for an empty one, `?? false` a fact that nobody read for a no. So each default of what reads and judges facts is
 * here with the reason why it makes up none. Add a new one with its reason, or let the type say that the value is unknown.
 */
const SEARCHED = [
  ...filesIn('src/queries'),
  ...filesIn('src/domain'),
  'src/azure/armFacts.ts',
  'src/azure/armCalls.ts',
  'src/azure/armControlPlane.ts',
  'src/azure/armRegistries.ts',
  'src/azure/armScopeMaps.ts',
  'src/azure/armTokens.ts',
  'src/azure/keyVault.ts',
];

/** `*`: every default of the file. */
const REASONS: Readonly<Record<string, readonly string[]>> = {
  'A part of a text that is read by a pattern: the text is refused, or the part may be left out by its grammar.': [
    'src/domain/fixCommands.ts match ?? ',
    'src/domain/ncrontab.ts *',
    'src/domain/syncCron.ts *',
    'src/domain/timeSpan.ts *',
    'src/domain/operationId.ts *',
    'src/domain/secretEvents.ts *',
    'src/domain/resourceEvents.ts *',
    'src/domain/errorPlace.ts *',
    'src/domain/freezeWindows.ts durationSeconds(duration ?? ',
    "src/azure/armFacts.ts ').at(-1) ?? ",
    'src/azure/armFacts.ts i.test(id ?? ',
  ],
  'Our own tags: without the part the tags are not ours, or say that nothing was made, which takes nothing away.': [
    'src/queries/rotationPlan.ts parseTags(secret.tags)) ?? ',
    'src/queries/tokenOwnership.ts parseTags(tags)) ?? ',
    'src/queries/tokenUsers.ts parseTags(listing.tags)) ?? ',
    'src/domain/secretTags.ts *',
  ],
  'Arithmetic over lists of our own that are never empty.': ['src/domain/cronTimes.ts *'],
  'A count or a group that begins with nothing.': [
    'src/domain/caseTwins.ts groups.get(folded(client)) ?? ',
    'src/domain/fixCommands.ts byRepository.get(repository) ?? ',
    'src/domain/checkRun.ts counts[state] ?? ',
    'src/queries/check.ts counts[state] ?? ',
    'src/queries/knownClients.ts *',
    'src/queries/registryReader.ts Math.max(sizes.get(key) ?? ',
    'src/queries/registryReader.ts Math.ceil((sizes.get(key) ?? ',
  ],
  'Our own record: what was never noted is none.': [
    'src/queries/preflight.ts held = ',
    'src/queries/preflight.ts lifts?.disabled ?? ',
    'src/queries/clientAccess.ts held = ',
    'src/domain/checkRun.ts part.warnings ?? ',
    'src/queries/plannedWrites.ts isAdopted = ',
    'src/domain/clientRecord.ts *',
    'src/queries/preflight.ts left = ',
    'src/queries/clientAccess.ts left = ',
    'src/domain/offboardingPlan.ts doubtful = ',
  ],
  'Our own settings and request fields: their documented defaults.': [
    'src/domain/onboardingRequest.ts *',
    'src/domain/profileSchema.ts *',
    'src/domain/profiles.ts *',
    'src/domain/requestEvents.ts *',
  ],
  'Looked for by an index of the same list, or found again a moment later: gone is gone.': [
    'src/queries/check.ts byName.get(item.secret.name) ?? ',
    'src/domain/nearNames.ts *',
    'src/domain/runningRun.ts EXPLAINED[run.kind] ?? ',
    'src/queries/tokenUsers.ts users ?? ',
    'src/queries/clientAccess.ts versions[index] ?? ',
    'src/domain/freezeWindows.ts at) ?? ',
    'src/domain/slots.ts empty ?? ',
  ],
  'The resource does not exist, which was read; another problem or difference says so.': [
    'src/domain/sharedToken.ts token.slots[slot] ?? ',
    'src/queries/clientAccess.ts slots[slot] ?? ',
    'src/queries/connectedRegistry.ts *',
    'src/domain/clientJudgement.ts connectedRegistry?.clientTokens ?? ',
    'src/queries/inventory.ts actions = ',
    'src/queries/preflight.ts chooseSlot(token?.slots ?? ',
    'src/queries/preflight.ts parseTags(secret.tags)) ?? ',
    'src/queries/preflight.ts credential ?? ',
    'src/queries/preflightProblems.ts findings.connectedRegistry?.clientTokens.length ?? ',
    'src/queries/registryFacts.ts map?.actions ?? ',
    'src/queries/registryReader.ts orUndefined(list)) ?? ',
    'src/queries/rightsProblems.ts *',
    'src/queries/rotationPlan.ts concat(connectedRegistry ?? ',
    'src/queries/rotationPlan.ts tags?.token ?? ',
    'src/queries/rotationPlan.ts tags?.scopeMap ?? ',
    'src/queries/rotationPlan.ts pullableRepository(scopeMap?.actions ?? ',
    'src/queries/rotationProblems.ts token?.slots ?? ',
  ],
  'Nobody says an endpoint: the empty text is the problem `endpoint-unknown`.': [
    'src/queries/preflight.ts findings.connectedRegistry?.loginServer ?? ',
    'src/queries/rotationPlan.ts tags?.issued.endpoint ?? ',
  ],
  'Azure leaves empty lists and texts out of its answers, as recorded.': [
    'src/azure/armFacts.ts item.clientTokenIds ?? ',
    'src/azure/armFacts.ts item.credentials?.passwords ?? ',
    'src/azure/armFacts.ts item.description ?? ',
    'src/azure/keyVault.ts tags ?? ',
    'src/azure/keyVault.ts found.properties.tags ?? ',
  ],
  'The empty text is none of the modes: `takesWrites` calls it unknown.': ['src/azure/armFacts.ts item.mode ?? '],
  'The SDK takes it from the id of the answer, and sets it always; of an answer to a write the value is not needed.': [
    'src/azure/keyVault.ts version ?? ',
    'src/azure/keyVault.ts createdOn?.getTime() ?? ',
    'src/azure/keyVault.ts dockerConfigEndpoints(secret.value ?? ',
  ],
  'How the caller wants it: no fact of a service.': [
    'src/queries/check.ts runningOf = ',
    'src/queries/enabledAccess.ts goesOn = ',
    'src/queries/tokenUsers.ts age = ',
  ],
  'Only remembered, so that it can be taken out of output; what is missing needs none of that.': [
    'src/azure/armTokens.ts made.passwords ?? ',
    'src/azure/keyVault.ts rememberCredential(secret.value ?? ',
  ],
  'A connected registry without a schedule is always online (az acr connected-registry create --help).': [
    'src/domain/syncSchedule.ts schedule = ',
  ],
  'Words of a message, where what is missing is what the message is about or was looked at before.': [
    'src/domain/findingFix.ts *',
    'src/domain/sharedToken.ts fix = ',
    'src/domain/offlineTime.ts *',
    'src/domain/unreadableSchedule.ts *',
    'src/domain/clientJudgement.ts filled.expiresAt ?? ',
    'src/queries/unknownProblems.ts *',
    'src/queries/preflightProblems.ts writes[0]?.[0] ?? ',
  ],
};

/** `left ?? nothing`, where nothing is an empty or fixed value, and parameters or members with such a default. */
const DEFAULT =
  /(?<left>[\w$.()?[\]'!-]+\s*\?\?\s*)(?:\[\]|\{\}|false|true|''|`|-?\d+|[A-Z_]{3,}|Infinity)|[{,(]\s*(?<member>\w+(?::\s*\w+)? = )(?:\[\]|\{\}|false|true|''|\d+|[A-Z_]{3,})(?=\s*[,})])/g;

function filesIn(folder: string): string[] {
  return readdirSync(folder).map((name) => `${folder}/${name}`);
}

function defaultsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(DEFAULT)].map(({ groups }) => {
    const { left, member } = groups ?? {};
    return `${file} ${(left ?? member ?? '').replace(/^[([{!.\s-]+/, '').replace(/\s+/g, ' ')}`;
  });
}

test('every default of what reads and judges facts has a reason, and every reason a default', () => {
  const found = new Set(SEARCHED.flatMap(defaultsOf));
  const reasoned = Object.values(REASONS).flat();
  const isReasoned = (one: string): boolean =>
    reasoned.includes(one) || reasoned.includes(`${one.split(' ')[0] ?? ''} *`);
  expect([...found].filter((one) => !isReasoned(one))).toEqual([]);
  const isUsed = (reason: string): boolean =>
    reason.endsWith(' *') ? [...found].some((one) => one.startsWith(reason.slice(0, -1))) : found.has(reason);
  expect(reasoned.filter((reason) => !isUsed(reason))).toEqual([]);
});
