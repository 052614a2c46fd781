import { plain, type Cases } from './plain.js';

/** Inputs and outputs. */
export const values: Cases = {
  echoText: plain('echo', 'text'),
  echoNumber: plain('echo', 7),
  echoZero: plain('echo', 0),
  echoFalse: plain('echo', false),
  echoNull: plain('echo', null),
  echoNone: plain('echo'),
  echoArray: plain('echo', [1, 'a', null]),
  echoObject: plain('echo', { a: { b: [1] }, č: '🚗' }),
  echoJsonText: plain('echo', '{"looks":"like json"}'),
  echoDateText: plain('echo', '2026-01-01T00:00:00.000Z'),
  echoEmptyText: plain('echo', ''),
  echoLarge: plain('echo', 'z'.repeat(100_000)),
  returnsNothing: plain('returnsNothing'),
  returnsLarge: plain('returnsLarge'),
  identity: plain('identity'),
  guids: plain('guids'),
  largeInput: plain('largeInput'),
  xOutputBig: plain('xOutputBig'),
};
