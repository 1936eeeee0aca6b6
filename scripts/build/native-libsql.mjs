/**
 * Brings libsql's JavaScript into the bundle and leaves only its native part outside. libsql asks two packages
 * which C library this is, and one of them writes a whole diagnostic report to find out: 15 ms of every start.
 * The program that Node itself was linked against says the same at once.
 */

const TARGET = `
const { closeSync, openSync, readSync } = require('node:fs');
function musl() {
  const head = Buffer.alloc(2048);
  try {
    const file = openSync(process.execPath, 'r');
    readSync(file, head, 0, head.length, 0);
    closeSync(file);
  } catch {
    return false;
  }
  return head.includes('/ld-musl-');
}
exports.currentTarget = () => {
  const { arch, platform } = process;
  if (platform === 'win32') return \`win32-\${arch}-msvc\`;
  if (platform !== 'linux') return \`\${platform}-\${arch}\`;
  if (arch === 'arm') return musl() ? 'linux-arm-musleabihf' : 'linux-arm-gnueabihf';
  return \`linux-\${arch}-\${musl() ? 'musl' : 'gnu'}\`;
};
exports.load = () => {
  throw new Error('libsql is not in its development tree');
};
`;

// Only consulted to correct what the other package guessed; with the answer above there is nothing to correct.
const NO_CORRECTION = `exports.GLIBC = 'glibc'; exports.MUSL = 'musl'; exports.familySync = () => null;`;

export const nativeLibsql = {
  name: 'native-libsql',
  setup(build) {
    build.onResolve({ filter: /^(@neon-rs\/load|detect-libc)$/ }, ({ path }) => ({
      path,
      namespace: 'native-libsql',
    }));
    build.onLoad({ filter: /.*/, namespace: 'native-libsql' }, ({ path }) => ({
      contents: path === 'detect-libc' ? NO_CORRECTION : TARGET,
      loader: 'js',
    }));
  },
};
