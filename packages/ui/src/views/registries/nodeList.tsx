import type { JSX } from 'preact';
import { counted, whole } from '../../format/numbers.js';
import { Badge } from '../../parts/badge.js';
import { Bar } from '../../parts/bar.js';
import { Facts } from '../../parts/facts.js';
import { Go } from '../../parts/link.js';
import { Code, Text } from '../../parts/text.js';
import { Moment } from '../../parts/time.js';
import { fillTone, stateOf } from '../overview/connectedRegistryState.js';
import type { TreeNode } from './registryTree.js';

/** Levels that are indented; deeper ones stay below each other, so that a phone has room for them. */
const DEEPEST = 6;

/**
 * Connected registries as an indented list. Each says from which one it syncs, for those who do not see the
 * indentation.
 */
export function NodeList({
  nodes,
  label,
  now,
}: {
  readonly nodes: readonly TreeNode[];
  readonly label: string;
  readonly now: number;
}): JSX.Element | null {
  if (nodes.length === 0) return null;
  return (
    <ul class="tree" aria-label={label}>
      {nodes.map((node, index) => (
        <Node key={`${node.of.name} ${index}`} node={node} now={now} />
      ))}
    </ul>
  );
}

function Node({ node: { of, level, below }, now }: { readonly node: TreeNode; readonly now: number }): JSX.Element {
  const { registry, name, parent, path, mode, loginServer, syncWindow, clients, cap } = of;
  const { word, tone } = stateOf(of);
  return (
    <li class={`level-${Math.min(level, DEEPEST)}`}>
      <div class="line">
        <Go to={['clients']} query={{ registry, connectedRegistry: name }}>
          <Text of={name} />
        </Go>
        <Badge tone={tone}>{word}</Badge>
        <span class="quiet">
          {level > DEEPEST && `level ${level + 1}, `}syncs from{' '}
          {parent === undefined ? 'the cloud' : <Text of={parent} />}
          {below > 0 && <>, {whole(below)} below it</>}
        </span>
        <span class="grow" />
        <span class="fill">
          <Bar
            parts={[{ size: clients, tone: fillTone(of) }]}
            whole={cap}
            label={`${clients} of at most ${cap} clients`}
          />
          <span class="number quiet">
            {whole(clients)} of {whole(cap)}
          </span>
        </span>
      </div>
      <details>
        <summary class="quiet">
          <Syncs of={of} now={now} />
          <Repositories of={of} />
        </summary>
        <Facts
          of={[
            ['Sync path', <Text of={[registry, ...path].join(' › ')} />],
            ['Mode', mode ?? 'unknown'],
            ['Sync window', syncWindow === undefined ? undefined : <Code of={syncWindow} />],
            ['Login server', loginServer === undefined ? 'unknown' : <Code of={loginServer} />],
            ['Repositories', <RepositoryNames of={of} />],
          ]}
        />
      </details>
    </li>
  );
}

/** When it syncs. */
function Syncs({
  of: { schedule, lastSync, nextSync },
  now,
}: {
  readonly of: TreeNode['of'];
  readonly now: number;
}): JSX.Element {
  const moment = (name: string, at: string | undefined) => (
    <span>
      {name} {at === undefined ? 'unknown' : <Moment at={at} now={now} />}
    </span>
  );
  if (schedule === undefined)
    return (
      <>
        <span>syncs continuously</span>
        {moment('last sync', lastSync)}
      </>
    );
  return (
    <>
      <span>
        syncs at <Code of={schedule} /> UTC
      </span>
      {moment('last sync', lastSync)}
      {nextSync !== undefined && Date.parse(nextSync) < now ? (
        <span>next sync due</span>
      ) : (
        moment('next sync', nextSync)
      )}
    </>
  );
}

function Repositories({ of: { repositories, repositoryCount } }: { readonly of: TreeNode['of'] }): JSX.Element {
  const count = repositoryCount ?? repositories?.length;
  return <span>{count === undefined ? 'repositories unknown' : counted(count, 'repository', 'repositories')}</span>;
}

function RepositoryNames({ of: { repositories, repositoryCount } }: { readonly of: TreeNode['of'] }): JSX.Element {
  if (repositories === undefined) return <>unknown</>;
  if (repositories.length === 0) return <>none</>;
  const further = (repositoryCount ?? repositories.length) - repositories.length;
  return (
    <ul class="inline">
      {repositories.map((name, index) => (
        <li key={index}>
          <Code of={name} />
        </li>
      ))}
      {further > 0 && <li>and {whole(further)} more</li>}
    </ul>
  );
}
