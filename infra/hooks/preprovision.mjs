// azd's preprovision hook: what a deployment needs before it begins. Registers the resource providers that it would not
// register itself, and sees to it that a vault which a deletion has left recoverable is recovered, since its name is
// taken.
import { hook } from './az.mjs';
import { recoverVault } from './recoverVault.mjs';
import { registerProviders } from './registerProviders.mjs';

await hook(() => {
  registerProviders((line) => console.log(line));
  recoverVault((line) => console.log(line));
});
