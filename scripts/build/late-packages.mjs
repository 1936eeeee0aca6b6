/**
 * `await import('some-package')` of a CommonJS package yields its named exports in Node, but only `default` in
 * esbuild's split bundles: what works in the tests would break in dist/. So such an import goes through a module
 * made here, which exports by name what Node says the package exports.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';

/** Node's own rule: by extension, else by the nearest package.json. */
function isCommonJs(file) {
  if (extname(file) === '.mjs') return false;
  if (extname(file) === '.cjs') return true;
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const description = join(folder, 'package.json');
    if (existsSync(description)) return JSON.parse(readFileSync(description, 'utf8')).type !== 'module';
  }
  return true;
}

export const latePackages = {
  name: 'late-packages',
  setup(build) {
    const inside = { latePackages: true };
    build.onResolve({ filter: /^[^./]/ }, async ({ path, kind, importer, resolveDir, pluginData }) => {
      if (kind !== 'dynamic-import' || path.startsWith('node:') || pluginData === inside) return undefined;
      if (importer.includes('node_modules')) return undefined;
      const found = await build.resolve(path, { kind, resolveDir, pluginData: inside });
      if (found.errors.length > 0 || found.external || !isCommonJs(found.path)) return undefined;
      return { path: found.path, namespace: 'late-package' };
    });
    build.onLoad({ filter: /.*/, namespace: 'late-package' }, async ({ path }) => {
      const names = Object.keys(await import(path)).filter(
        name => name !== 'default' && name !== 'module.exports',
      );
      return {
        contents: `const all = require(${JSON.stringify(path)});
export default all;
${names.map((name, at) => `const v${at} = all[${JSON.stringify(name)}];\nexport { v${at} as ${JSON.stringify(name)} };`).join('\n')}`,
        resolveDir: dirname(path),
      };
    });
  },
};
