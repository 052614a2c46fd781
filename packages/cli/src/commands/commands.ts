import type { Command } from '../program/command.js';
import { check } from './clients/check.js';
import { clientsList } from './clients/list.js';
import { clientsShow } from './clients/show.js';
import { enrol } from './clients/enrol.js';
import { offboard } from './clients/offboard.js';
import { onboard } from './clients/onboard.js';
import { removePoller, setPoller } from './clients/poller.js';
import { revoke } from './clients/revoke.js';
import { rotate } from './clients/rotate.js';
import { withdraw } from './clients/withdraw.js';
import { contexts } from './contexts/contexts.js';
import { login } from './contexts/login.js';
import { logout } from './contexts/logout.js';
import { use } from './contexts/use.js';
import { apply } from './fleet/apply.js';
import { exportFleetFile } from './fleet/export.js';
import { plan } from './fleet/plan.js';
import { schema } from './fleet/schema.js';
import { opsCancel } from './ops/cancel.js';
import { opsList } from './ops/list.js';
import { opsShow } from './ops/show.js';
import { opsWatch } from './ops/watch.js';
import { rolloutsClients } from './rollouts/clients.js';
import { overview } from './overview.js';
import { rolloutsCancel, rolloutsPause, rolloutsResume, rolloutsRetryFailed } from './rollouts/control.js';
import { rolloutsList } from './rollouts/list.js';
import { rolloutsShow } from './rollouts/show.js';
import { rolloutsStart } from './rollouts/start.js';
import { rolloutsWatch } from './rollouts/watch.js';
import { schedule } from './schedule.js';
import { completion } from './tool/completion.js';
import { doctor } from './tool/doctor.js';
import { version } from './tool/version.js';

/** What the groups of commands are about. */
export const GROUPS: Readonly<Record<string, string>> = {
  clients: 'clients: what there is, and in which state',
  ops: 'operations: runs of one client, and checks',
  rollouts: 'rollouts: one thing done to many clients, in waves',
};

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  onboard,
  rotate,
  offboard,
  revoke,
  enrol,
  check,
  plan,
  apply,
  exportFleetFile,
  schema,
  clientsList,
  clientsShow,
  withdraw,
  setPoller,
  removePoller,
  opsList,
  opsShow,
  opsWatch,
  opsCancel,
  rolloutsStart,
  rolloutsList,
  rolloutsShow,
  rolloutsClients,
  rolloutsWatch,
  rolloutsPause,
  rolloutsResume,
  rolloutsCancel,
  rolloutsRetryFailed,
  overview,
  schedule,
  login,
  logout,
  contexts,
  use,
  doctor,
  completion,
  version,
];
