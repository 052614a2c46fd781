import { children } from './children.js';
import { drawn } from './drawn.js';
import { entities } from './entities.js';
import { managing } from './managing.js';
import { longTimers } from './longTimers.js';
import { odd } from './odd.js';
import { oddRequests } from './oddRequests.js';
import type { Cases } from './plain.js';
import { rewinding } from './rewinding.js';
import { starting } from './starting.js';
import { status } from './status.js';
import { tasks } from './tasks.js';
import { values } from './values.js';
import { waiting } from './waiting.js';
import { web } from './web.js';

/** All cases by their names. The real host's answers to those that begin with x were recorded for this project. */
export const cases: Cases = {
  ...values,
  ...tasks,
  ...children,
  ...waiting,
  ...status,
  ...starting,
  ...managing,
  ...rewinding,
  ...entities,
  ...web,
  ...odd,
  ...oddRequests,
  ...drawn,
  ...longTimers,
};
