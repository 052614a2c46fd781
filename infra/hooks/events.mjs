// azd's postdeploy hook: subscribes the app's functions to their events, as soon as they are listed. Event Grid takes
// no other.
import { setTimeout as sleep } from 'node:timers/promises';
import { hook } from './az.mjs';
import { doctor } from './doctor.mjs';
import { functionsListed } from './functionsListed.mjs';
import { subscribe } from './subscribe.mjs';

/** @type {import('./functionsListed.mjs').HookWorld} */
const world = { now: Date.now, sleep, say: (line) => console.log(line) };

await hook(async () => {
  const listed = await functionsListed(world);
  await subscribe(world, listed.until);
  console.log('The functions are subscribed to their events.');
  await doctor(world.say);
});
