#!/usr/bin/env node
// What `npx functions-host` runs, here and in the published package (deploy/pack.mjs).
import '../dist/main.js';
