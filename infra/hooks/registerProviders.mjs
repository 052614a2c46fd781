// Resource providers. Resource Manager registers those whose resources a template names, in the subscription that it is
// deployed to.
import { az, HookError, output } from './az.mjs';

/**
 * Registers what a deployment would not register by itself.
 * @param {(line: string) => void} say
 * @throws {HookError} with the command for somebody who may register it
 */
export function registerProviders(say) {
  for (const { namespace, subscription, why } of providersNeeded(process.env)) {
    const scope = ['--namespace', namespace, '--subscription', subscription];
    const state = az(['provider', 'show', ...scope, '--query', 'registrationState']);
    if (state === 'Registered') continue;
    say(`Registering the resource provider ${namespace} in subscription ${subscription}: ${why}.`);
    try {
      az(['provider', 'register', ...scope, '--wait']);
    } catch (error) {
      if (!(error instanceof HookError)) throw error;
      throw new HookError(
        `${error.message}\n${why} needs ${namespace} in subscription ${subscription}. Have somebody who may register providers there run: ` +
          `az provider register --namespace ${namespace} --subscription ${subscription} --wait`,
      );
    }
  }
}

/**
 * @param {Readonly<Record<string, string | undefined>>} environment azd's
 * @returns {{ namespace: string, subscription: string, why: string }[]} once each
 */
export function providersNeeded(environment) {
  const own = output('AZURE_SUBSCRIPTION_ID');
  const brought = [
    ...(environment.EXISTING_REGISTRY_IDS ?? '').split(','),
    environment.EXISTING_VAULT_ID ?? '',
    environment.EXISTING_HUB_ID ?? '',
  ];
  const subscriptions = brought.flatMap((id) => id.trim().split('/')[2]?.toLowerCase() || []);
  const events = [...new Set([own.toLowerCase(), ...subscriptions])].map((subscription) => ({
    namespace: 'Microsoft.EventGrid',
    subscription,
    why: 'the events of a resource there',
  }));
  const network = { namespace: 'Microsoft.App', subscription: own, why: "the delegation of the app's subnet" };
  return isTrue(environment.PRIVATE_NETWORKING) ? [network, ...events] : events;
}

/** @param {string | undefined} text */
function isTrue(text) {
  return text?.toLowerCase() === 'true';
}
