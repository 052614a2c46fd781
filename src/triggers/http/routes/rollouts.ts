import { randomBytes } from 'node:crypto';
import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import type { DurableClient } from 'durable-functions';
import type { Rollout } from '@connected-registry/protocol/answers/rolloutAnswers';
import { newRunId } from '@connected-registry/protocol/names/operationId';
import { DEFAULT_FAILURE_LIMIT, DEFAULT_WAVES } from '@connected-registry/protocol/requests/rolloutRequest';
import { audit } from '../../../audit/audit.js';
import {
  rolloutInstance,
  type ControlState,
  type RolloutPlan,
  type RolloutRequest,
} from '../../../domain/rollouts/rollout.js';
import { rolloutView } from '../../../domain/rollouts/view.js';
import type { Queries } from '../../../queries/queries.js';
import type { Config } from '../../../settings/config.js';
import { findRegistry } from '../../../settings/registries.js';
import { awaitControl, openingState, putRows, readRollout, rolloutOperation, startRollout } from '../../durable/rollouts.js';
import { problem } from '../answers/problem.js';
import { orServiceProblem } from '../answers/serviceProblem.js';
import { checkConnectedRegistries } from '../rollouts/connectedRegistryFaults.js';
import { inOtherRollout, rolloutLocation, rolloutNotFound, viewOf } from '../rollouts/rolloutAnswers.js';
import { readRolloutBody, type RolloutBody } from '../rollouts/rolloutBody.js';
import { checkRows } from '../rollouts/rolloutRows.js';
import { RowFaults, type RowPlaces } from '../rollouts/rowFaults.js';
import { selectedRows } from '../rollouts/selectedRows.js';
