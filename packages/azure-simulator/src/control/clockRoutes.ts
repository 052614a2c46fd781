import type { Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { controlRoute, problem } from './controlRoute.js';

/**
 * The clock, as its own process has it. Callers are sent on to it and not answered from here: while this process is at
 * work on a request it is not idle, and no clock jumps past a process that is not.
 */
export function clockRoutes(plane: Plane): Route[] {
  const url = process.env['LOCAL_CLOCK_URL'] ?? '';
  if (url !== '') {
    const sendOn = (path: string) => () => ({ status: 307, headers: { location: `${url}${path}` } });
    return [
      controlRoute('GET', 'clock', sendOn('')),
      controlRoute('POST', 'clock', sendOn('')),
      controlRoute('POST', 'clock/jump', sendOn('/jump')),
    ];
  }
  return [
    controlRoute('GET', 'clock', () => ({
      status: 200,
      body: { mode: 'real', now: plane.clock.now().toISOString(), scale: 1, processes: [] },
    })),
    controlRoute('POST', 'clock', () =>
      problem(409, 'there is no clock to set: it was started without LOCAL_CLOCK_URL'),
    ),
  ];
}
