import { COMPLETED, ROLLED_BACK, RUNNING } from '../../fakes/answers.js';
import type { ScreenCase } from '../screenCase.js';

const { steps: _steps, result: _result, ...SUMMARY } = COMPLETED;

export const OPERATION_SCREENS: readonly ScreenCase[] = [
  {
    name: 'ops/list',
    args: 'ops list',
    answers: {
      'GET /operations': [
        {
          json: {
            operations: [
              { ...RUNNING, steps: undefined, actor: 'function-key' },
              { ...SUMMARY, actor: 'operator@plants.example', kind: 'rotate' },
              {
                ...ROLLED_BACK,
                steps: undefined,
                actor: 'function-key',
                client: 'a-device-with-a-long-name-of-its-own',
              },
            ],
          },
        },
      ],
    },
  },
  { name: 'ops/show', args: 'ops show x', answers: { 'GET /operations/x': [{ json: ROLLED_BACK }] } },
  {
    name: 'ops/watch',
    args: 'ops watch x',
    answers: { 'GET /operations/x': [{ json: RUNNING }, { json: COMPLETED }] },
    moments: { running: /running, pullCheck[^]*pullCheck +The device.*[…)]$/ },
  },
  {
    name: 'ops/watch-failed',
    args: 'ops watch x',
    code: 1,
    answers: { 'GET /operations/x': [{ json: RUNNING }, { json: ROLLED_BACK }] },
  },
  {
    name: 'ops/watch-two',
    args: 'ops watch x y',
    code: 1,
    answers: {
      'GET /operations/x': [{ json: RUNNING }, { json: ROLLED_BACK }],
      'GET /operations/y': [{ json: COMPLETED }],
    },
  },
];
