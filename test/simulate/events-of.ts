/** All events of a seed as lines of JSON. As a program, for a process of its own: `node --import tsx events-of.ts SEED HOURS`. */
import { pathToFileURL } from 'node:url';
import { generate } from '../../src/simulate/generate.ts';
import { runScript } from '../../src/simulate/run.ts';

export async function eventsOf(seed: number, hours: number): Promise<readonly string[]> {
  const lines: string[] = [];
  await runScript(generate(seed, hours), {
    goOn: true,
    onEvent: event => void lines.push(JSON.stringify(event)),
  });
  return lines;
}

const [, program = '', seed = '', hours = ''] = process.argv;
if (import.meta.url === pathToFileURL(program).href) {
  const lines = await eventsOf(Number(seed), Number(hours));
  process.stdout.write(`${lines.join('\n')}\n`);
}
