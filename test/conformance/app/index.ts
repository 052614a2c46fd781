// The conformance app: one small function for each behaviour, written against the public packages only, so that it runs
// on any host. Importing a file registers its functions.
import './turnLog.js';
import './activities.js';
import './entities.js';
import './orchestrations/activities.js';
import './orchestrations/changing.js';
import './orchestrations/children.js';
import './orchestrations/continued.js';
import './orchestrations/entities.js';
import './orchestrations/events.js';
import './orchestrations/failures.js';
import './orchestrations/http.js';
import './orchestrations/odd.js';
import './orchestrations/retries.js';
import './orchestrations/status.js';
import './orchestrations/tasks.js';
import './orchestrations/timers.js';
import './orchestrations/values.js';
import './programs/register.js';
import './clients.js';
import './oddAnswers.js';
import './web.js';
