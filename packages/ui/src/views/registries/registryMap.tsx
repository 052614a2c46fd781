import type { FleetConnectedRegistry, Overview } from '@connected-registry/protocol/answers/fleetAnswers';
import type { JSX } from 'preact';
import { counted, whole } from '../../format/numbers.js';
import { useOverview } from '../../layout/fleet.js';
import { Heading } from '../../layout/heading.js';
import type { View, ViewProps } from '../../layout/view.js';
import { Card } from '../../parts/card.js';
import { Go } from '../../parts/link.js';
import { Freshness, Shown } from '../../parts/shown.js';
import { Text } from '../../parts/text.js';
import { useNow } from '../../parts/time.js';
import { NodeList } from './nodeList.js';
import { registryTrees, type RegistryTree } from './registryTree.js';

function RegistryMap({ params }: ViewProps): JSX.Element {
  const { registry } = params;
  const overview = useOverview();
  return (
    <>
      {registry !== undefined && (
        <p class="crumbs">
          <Go to={['registries']}>Registries</Go>
        </p>
      )}
      <Heading aside={<Freshness of={overview} />}>
        {registry === undefined ? 'Registries' : <Text of={registry} />}
      </Heading>
      <Shown of={overview} what="Connected registries" hasAgeElsewhere>
        {(fleet) => <Trees fleet={fleet} registry={registry} />}
      </Shown>
    </>
  );
}

/** @param registry the only one to show; undefined for all */
function Trees({
  fleet: { connectedRegistries },
  registry,
}: {
  readonly fleet: Overview;
  readonly registry: string | undefined;
}): JSX.Element {
  const now = useNow(10_000);
  const trees = registryTrees(
    // Azure's names of registries ignore case.
    connectedRegistries.filter(
      (one) => registry === undefined || one.registry.toLowerCase() === registry.toLowerCase(),
    ),
  );
  if (trees.length === 0)
    return (
      <p class="card quiet">{registry === undefined ? 'The fleet has' : 'This registry has'} no connected registry.</p>
    );
  return (
    <>
      {trees.map((tree) => (
        <Tree key={tree.registry} tree={tree} isOne={registry !== undefined} now={now} />
      ))}
    </>
  );
}

function Tree({
  tree: { registry, nodes, orphaned, circular },
  isOne,
  now,
}: {
  readonly tree: RegistryTree;
  readonly isOne: boolean;
  readonly now: number;
}): JSX.Element {
  const all = [...nodes, ...orphaned, ...circular].map(({ of }) => of);
  return (
    <Card title={isOne ? 'Sync paths' : registry} aside={sumText(all)}>
      <div class="root line">
        <strong>
          {isOne ? (
            <Text of={registry} />
          ) : (
            <Go to={['registries', registry]}>
              <Text of={registry} />
            </Go>
          )}
        </strong>
        <span class="quiet">the registry in the cloud</span>
      </div>
      <NodeList nodes={nodes} label={`Connected registries that sync from ${registry}`} now={now} />
      {orphaned.length > 0 && (
        <>
          <h3>Parent not found</h3>
          <p class="quiet">
            Azure names a parent for these that is not among the connected registries of the fleet, so their path to the
            cloud is unknown.
          </p>
          <NodeList nodes={orphaned} label="Connected registries whose parent was not found" now={now} />
        </>
      )}
      {circular.length > 0 && (
        <>
          <h3>Parents in a circle</h3>
          <p class="quiet">Their parents lead back to themselves, so there is no path to the cloud.</p>
          <NodeList nodes={circular} label="Connected registries whose parents are in a circle" now={now} />
        </>
      )}
    </Card>
  );
}

function sumText(all: readonly FleetConnectedRegistry[]): string {
  const clients = all.reduce((sum, one) => sum + one.clients, 0);
  return `${counted(all.length, 'connected registry', 'connected registries')}, ${whole(clients)} clients`;
}

export const registriesView: View = {
  path: '/registries',
  nav: 'Registries',
  title: () => 'Registries',
  component: RegistryMap,
};

export const registryView: View = {
  path: '/registries/:registry',
  title: ({ registry = '' }) => registry,
  component: RegistryMap,
};
