import { z } from 'zod';
import {
  clientOperations,
  dryRunAnswer,
  offboardingResult,
  onboardingResult,
  operation,
  operationFailure,
  operationPage,
  operationSummary,
  plannedWrite,
  problemFound,
  recordedOperation,
  reportAnswer,
  rotationDryRunAnswer,
  rotationPlanAnswer,
  rotationResult,
  revocationResult,
  runningOperation,
  step,
  verifiedPull,
  pendingAnswer,
  sealedDeviceMessages,
} from '@connected-registry/protocol/answers/answers';
import { clientName, offboardingBody, revocationBody } from '@connected-registry/protocol/requests/clientsRequest';
import { checkBody } from '@connected-registry/protocol/requests/checkRequest';
import {
  absentClient,
  checkFinding,
  checkResult,
  checkWarning,
  clientAnswer,
  clientPage,
  clientReach,
  clientState,
  clientView,
  difference,
  pollerAnswer,
  unusedResource,
} from '@connected-registry/protocol/answers/clientAnswers';
import { unmanagedFinding, unmanagedToken } from '@connected-registry/protocol/answers/unmanagedAnswers';
import { deviceMessagesAnswer, sealedAnswer, sealedSecret } from '@connected-registry/protocol/enrolment/messages';
import { healthAnswer, triedRight } from '@connected-registry/protocol/answers/healthAnswer';
import { deviceKeysBody, joinedAnswer } from '@connected-registry/protocol/enrolment/messages';
import { enrolmentBody } from '@connected-registry/protocol/requests/enrolmentRequest';
import { onboardingBody } from '@connected-registry/protocol/requests/onboardingRequest';
import { pollerBody } from '@connected-registry/protocol/requests/pollerRequest';
import { promotionAcknowledgement, pullCheckReport } from '@connected-registry/protocol/messages/pullCheckMessages';
import { rotationScheduleAnswer, scheduledRotation } from '@connected-registry/protocol/answers/rotationScheduleAnswer';
import {
  rollout,
  rolloutClient,
  rolloutClientPage,
  rolloutPage,
} from '@connected-registry/protocol/answers/rolloutAnswers';
import {
  fleetConnectedRegistry,
  inventoryPage,
  inventoryRow,
  lastRun,
  overview,
  snapshotProblem,
} from '@connected-registry/protocol/answers/fleetAnswers';
import { rolloutBody, rolloutRow } from '@connected-registry/protocol/requests/rolloutRequest';
import { rotationBody } from '@connected-registry/protocol/requests/rotationRequest';
import { issuedEnrolments } from '@connected-registry/protocol/answers/enrolmentAnswers';
import {
  checkStarted,
  fieldError,
  problemDetails,
  startedOperations,
} from '@connected-registry/protocol/answers/problemDetails';

/** The document's schemas by name: the same ones that the app parses with and derives its types from. */
const SCHEMAS = {
  OnboardingRequest: onboardingBody,
  OffboardingRequest: offboardingBody,
  RevocationRequest: revocationBody,
  ClientName: clientName,
  RunningOperation: runningOperation,
  DryRunAnswer: dryRunAnswer,
  PlannedWrite: plannedWrite,
  Operation: operation,
  Step: step,
  OnboardingResult: onboardingResult,
  RotationRequest: rotationBody,
  RotationDryRunAnswer: rotationDryRunAnswer,
  RotationPlan: rotationPlanAnswer,
  RotationResult: rotationResult,
  RotationScheduleAnswer: rotationScheduleAnswer,
  ScheduledRotation: scheduledRotation,
  StartedOperations: startedOperations,
  PromotionAcknowledgement: promotionAcknowledgement,
  OffboardingResult: offboardingResult,
  RevocationResult: revocationResult,
  VerifiedPull: verifiedPull,
  OperationSummary: operationSummary,
  OperationPage: operationPage,
  RecordedOperation: recordedOperation,
  ClientOperations: clientOperations,
  Client: clientView,
  AbsentClient: absentClient,
  ClientAnswer: clientAnswer,
  ClientReach: clientReach,
  ClientPage: clientPage,
  UnmanagedToken: unmanagedToken,
  ClientState: clientState,
  Difference: difference,
  PollerRequest: pollerBody,
  PollerAnswer: pollerAnswer,
  CheckRequest: checkBody,
  CheckStarted: checkStarted,
  CheckResult: checkResult,
  CheckFinding: checkFinding,
  UnusedResource: unusedResource,
  UnmanagedFinding: unmanagedFinding,
  CheckWarning: checkWarning,
  OperationFailure: operationFailure,
  Problem: problemFound,
  PullCheckReport: pullCheckReport,
  ReportAnswer: reportAnswer,
  PendingAnswer: pendingAnswer,
  DeviceMessagesAnswer: deviceMessagesAnswer,
  SealedMessages: sealedDeviceMessages,
  SealedAnswer: sealedAnswer,
  SealedSecret: sealedSecret,
  ProblemDetails: problemDetails,
  RolloutRequest: rolloutBody,
  RolloutRow: rolloutRow,
  Rollout: rollout,
  RolloutPage: rolloutPage,
  RolloutClient: rolloutClient,
  RolloutClientPage: rolloutClientPage,
  Overview: overview,
  SnapshotProblem: snapshotProblem,
  FleetConnectedRegistry: fleetConnectedRegistry,
  InventoryPage: inventoryPage,
  InventoryRow: inventoryRow,
  LastRun: lastRun,
  FieldError: fieldError,
  EnrolmentRequest: enrolmentBody,
  IssuedEnrolments: issuedEnrolments,
  DeviceKeys: deviceKeysBody,
  JoinedAnswer: joinedAnswer,
  HealthAnswer: healthAnswer,
  TriedRight: triedRight,
} as const;
export type SchemaName = keyof typeof SCHEMAS;

/** A reference to a schema of the document. */
export function schemaReference(name: SchemaName): { readonly $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/**
 * JSON Schemas (draft 2020-12, as OpenAPI 3.1 uses) of all bodies. They are generated for input: schemas of requests
 * are closed if the app refuses unknown fields, and schemas of answers stay open to fields of later versions.
 */
export function componentSchemas(): Record<string, object> {
  const names = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(SCHEMAS)) names.add(schema, { id });
  const { schemas } = z.toJSONSchema(names, {
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ jsonSchema }) => removeNoise(jsonSchema),
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _dialect, $id: _place, ...schema }]) => [name, schema]),
  );
}

/** Removes what readers of the API do not need: bounds of all integers, the pattern of instants, `readOnly`. */
function removeNoise(schema: z.core.JSONSchema.BaseSchema): void {
  delete schema.readOnly;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.format === 'date-time') delete schema.pattern;
}
