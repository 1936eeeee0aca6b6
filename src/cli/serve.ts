/** `understudy serve`: the status page and the lines for IRC bots, until stopped. Delivers nothing: `tick` and `run` do. */
import type { Command } from 'commander';
import type { CommandModule } from './command.ts';
import type { CommonOptions } from './io.ts';

export interface ServeOptions extends CommonOptions {
  readonly listen?: string;
}

export const serve: CommandModule = {
  register(parent, run) {
    parent
      .command('serve')
      .description('answer GET /status.json, /irc and /healthz until stopped')
      .option('--listen <address:port>', 'instead of `serve.listen` of the config')
      .option('--json', 'print the URL as a JSON object')
      .addHelpText(
        'after',
        `
It reads the state and nothing else, so it goes on while hoster and DNS provider are out of reach, and it answers 503
while there is no state. Run it as the user that runs \`tick\` or \`run\`.

Examples:
  understudy serve
  understudy serve --listen "[::1]:8053"
`,
      )
      .action(
        run(async (io, _options: unknown, command: Command) => {
          const { serveStatus } = await import('./actions/serve.ts');
          return serveStatus(io, command.optsWithGlobals<ServeOptions>());
        }),
      );
  },
};
