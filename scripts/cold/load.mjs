// Started by benchCold.mjs, one process a measurement: loads modules as the Functions worker would, and prints the
// milliseconds.
import Module from 'node:module';

/** What the worker gives an app on `require('@azure/functions-core')`; registering is part of what is measured. */
const core = {
  version: '3.0.0',
  hostVersion: '4.0.0',
  registerHook: () => ({ dispose: () => undefined }),
  setProgrammingModel: () => undefined,
  getProgrammingModel: () => undefined,
  log: () => undefined,
  registerFunction: () => ({ dispose: () => undefined }),
  Disposable: function Disposable() {},
};
const required = Reflect.get(Module.prototype, 'require');
Module.prototype.require = function (id) {
  return id === '@azure/functions-core' ? core : Reflect.apply(required, this, [id]);
};

const started = performance.now();
for (const module of process.argv.slice(2)) await import(module);
console.log(performance.now() - started);
process.exit(0);
