/**
 * Renders stack traces with the places in src/ instead of those in the bundle, from the source maps beside the
 * pieces. Node's --enable-source-maps would read every map at start; this reads one when a stack names its piece.
 *
 * A function that came from the cached bytecode names the piece where the build compiled it, in a folder that is gone; so
 * pieces are told by `/app/NAME`.
 */
'use strict';

const { readFileSync } = require('node:fs');
const { SourceMap } = require('node:module');
const { basename, dirname, join } = require('node:path');

const maps = new Map();

function mapOf(file) {
  if (!maps.has(file)) {
    let map = null;
    try {
      map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
    } catch {
      // Without its map the frame is shown as it is.
    }
    maps.set(file, map);
  }
  return maps.get(file);
}

function frameText(frame, app) {
  const text = frame.toString();
  const file = frame.getFileName();
  if (file === null || file === undefined || basename(dirname(file)) !== basename(app)) return text;
  const line = frame.getLineNumber();
  const column = frame.getColumnNumber();
  const entry = mapOf(join(app, basename(file)))?.findEntry(line - 1, column - 1);
  if (entry?.originalSource === undefined) return text;
  const place = `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  return text.replace(`${file}:${line}:${column}`, place);
}

function headline(error) {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return '<error>';
  }
}

/** @returns what `error.stack` reads as */
exports.render = (error, frames, app) =>
  [headline(error), ...frames.map(frame => `    at ${frameText(frame, app)}`)].join('\n');
