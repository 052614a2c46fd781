import type { Route } from '../http/route.js';
import type { Plane } from '../plane.js';
import { controlRoute, problem } from './controlRoute.js';

/**
 * Routes of the clock, which runs in its own process. Callers are redirected to it: while this process answers a
 * request it is not idle, and the clock does not jump past a busy process.
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
      problem(409, 'The clock cannot be set: the simulator was started without LOCAL_CLOCK_URL.'),
    ),
  ];
}
