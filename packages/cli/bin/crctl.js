#!/usr/bin/env node
// What `npx crctl` runs in this repository. What is published is one bundle, which needs no such file
// (deploy/bundle.mjs).
import '../dist/main.js';
