#!/usr/bin/env node
/**
 * Starts the program of its own name from the pieces in app/, each with V8's cached bytecode where that fits.
 * Bytecode of another Node version, or of an edited piece, is refused by V8 and compiled anew: slower, not wrong.
 */
'use strict';

const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { basename, join } = require('node:path');
const vm = require('node:vm');

const APP = join(__dirname, 'app');
const HEAD = '(function (exports, require, module, __filename, __dirname, __moduleUrl) {';

const loaded = new Map();
const outside = createRequire(__filename);

function cachedBytecode(file) {
  try {
    return readFileSync(`${file}.cache`);
  } catch {
    return undefined;
  }
}

/**
 * Parts of Node that a healthy tick imports (commander wants child_process) and does not use, 3 ms together: loaded
 * when something is taken from them.
 */
const LATE = new Set(['node:child_process', 'node:crypto']);

function late(request) {
  const known = loaded.get(request);
  if (known !== undefined) return known;
  const all = () => outside(request);
  const stand = new Proxy(
    {},
    {
      get: (_, name) => all()[name],
      has: (_, name) => name in all(),
      ownKeys: () => Reflect.ownKeys(all()),
      // A proxy may call a property fixed only when its target has it.
      getOwnPropertyDescriptor: (_, name) => {
        const found = Reflect.getOwnPropertyDescriptor(all(), name);
        return found && { ...found, configurable: true };
      },
    },
  );
  loaded.set(request, stand);
  return stand;
}

/** The pieces know each other by `./name.js`; everything else is Node's own or a native module. */
function requireFrom(request) {
  if (request.startsWith('./')) return load(request.slice(2));
  return LATE.has(request) ? late(request) : outside(request);
}

function load(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const file = join(APP, name);
  const module = { exports: {} };
  loaded.set(name, module);
  // The build writes ASCII only, which V8 holds in one byte a character.
  const script = new vm.Script(`${HEAD}${readFileSync(file, 'latin1')}\n})`, {
    filename: file,
    columnOffset: -HEAD.length,
    cachedData: cachedBytecode(file),
  });
  const run = script.runInThisContext();
  run.call(module.exports, module.exports, requireFrom, module, file, APP, `file://${encodeURI(file)}`);
  return module.exports;
}

// Costs nothing until somebody looks at a stack; then the maps are read.
Error.prepareStackTrace = (error, frames) => require('./app/stack.cjs').render(error, frames, APP);

load(`${basename(__filename, '.js')}.js`);
