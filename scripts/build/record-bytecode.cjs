/**
 * Preloaded by the build (`node --require`): when the process ends, writes the bytecode of each piece of dist/app
 * that it compiled to a `.cache` file beside the piece. In a file of its own, so that the launcher need not know.
 */
'use strict';

const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const vm = require('node:vm');

const scripts = new Map();
const Script = vm.Script;

vm.Script = class extends Script {
  constructor(source, options) {
    super(source, options);
    scripts.set(options.filename, this);
  }
};

process.once('exit', () => {
  for (const [file, script] of scripts) {
    if (file.includes(join('/', 'app', '/'))) writeFileSync(`${file}.cache`, script.createCachedData());
  }
});
