/** Mistakes at the vendors' doors: replies believed, doubts dropped, words of theirs misread. */
import type { Variant } from '../variant.ts';
import { NO_SECOND_LOOK } from './execute.ts';

const POWER = 'src/providers/hcloud/power.ts';
const WIRE = 'src/providers/hcloud/wire.ts';
const RECORDS = 'src/providers/route53/records.ts';
const ROUTE53 = 'src/providers/route53/route53.ts';
const API = 'src/providers/route53/api.ts';

/** Without this the fence step reads back by itself what the adapter believes. */
const FENCE_TRUSTS_ADAPTER = {
  file: 'src/execute/steps/fence.ts',
  find: 'const receipt = await SETTLED[step.method](step, context);',
  replace: `const receipt: Receipt | null =
      step.method === 'power-off'
        ? { confirmedBy: 'reply', summary: \`\${step.site} is off\` }
        : await SETTLED[step.method](step, context);`,
} as const;

export const PROVIDERS: readonly Variant[] = [
  {
    name: 'epoch-upserted',
    breaks: [3, 4],
    sentence: 'the epoch is written with UPSERT, which always succeeds, over whoever came first',
    patches: [
      {
        file: RECORDS,
        find: `    ...(change.expectEpoch === null ? [] : [action('DELETE', change.expectEpoch)]),
    action('CREATE', nextEpochSet(change, next)),
`,
        replace: `    action('UPSERT', nextEpochSet(change, next)),
`,
      },
    ],
  },
  {
    name: 'reply-201-trusted',
    breaks: [1, 2],
    sentence: 'HTTP 201 to a power-off counts as off (hcloud-fip-controller#36)',
    patches: [
      {
        file: POWER,
        find: '  await follow(connection, settings, goal, action);\n  await readBack(connection, settings, goal);\n',
        replace: '',
      },
      FENCE_TRUSTS_ADAPTER,
      NO_SECOND_LOOK,
    ],
  },
  {
    name: 'action-success-trusted',
    breaks: [1, 2],
    sentence: 'an action that ends in success counts as off, the server itself is not asked',
    patches: [
      { file: POWER, find: '  await readBack(connection, settings, goal);\n', replace: '' },
      FENCE_TRUSTS_ADAPTER,
      NO_SECOND_LOOK,
    ],
  },
  {
    name: 'power-off-timeout-trusted',
    breaks: [1, 2],
    sentence: 'a power-off without an answer counts as done: the hoster had it for long enough',
    patches: [
      {
        file: POWER,
        find: '    if (signal.aborted)\n',
        replace: "    if (doubt.applied === 'unknown') return;\n    if (signal.aborted)\n",
      },
      FENCE_TRUSTS_ADAPTER,
      NO_SECOND_LOOK,
    ],
  },
  {
    name: 'busy-423-fences',
    breaks: [1, 2],
    sentence: 'HTTP 423 to a power-off is read as: the hoster has locked it, so it is out of the way',
    patches: [
      {
        file: POWER,
        find: "if (thrown instanceof ProviderError && thrown.applied === 'unknown') doubt.applied = 'unknown';",
        replace: "if (thrown instanceof ProviderError && thrown.code === 'provider-busy') return;",
      },
      FENCE_TRUSTS_ADAPTER,
      NO_SECOND_LOOK,
    ],
  },
  {
    name: 'busy-423-taken-for-a-lock',
    breaks: [2, 5],
    sentence: 'the server’s `locked`, which says that an action is running, is read as an abuse lock',
    patches: [
      {
        file: WIRE,
        find: "return { power: view.power, blocked: { v4: blocked(net, 'ipv4'), v6: blocked(net, 'ipv6') } };",
        replace: `if (view.locked) return { power: view.power, blocked: { v4: true, v6: true } };
  return { power: view.power, blocked: { v4: blocked(net, 'ipv4'), v6: blocked(net, 'ipv6') } };`,
      },
    ],
  },
  {
    name: 'write-retried-blindly',
    breaks: [9],
    sentence:
      'a write is tried again like a read, and the refusal of the second attempt is reported as the result',
    patches: [
      {
        file: API,
        find: 'write: (doing, send, signal) => attempt(doing, send, signal, true),',
        replace: `write: (doing, send, signal) =>
      retrying(() => attempt(doing, send, signal, true), {
        clock,
        random,
        signal,
        retries: 2,
        firstPauseMs: FIRST_PAUSE_MS,
      }),`,
      },
      {
        file: ROUTE53,
        find: "return error.applied === 'unknown' || error.code === 'provider-rejected';",
        replace: "return error.applied === 'unknown';",
      },
    ],
  },
  {
    name: 'no-answer-means-not-done',
    breaks: [9],
    sentence: 'a DNS write whose answer did not come counts as not done',
    patches: [
      {
        file: 'src/providers/route53/failure.ts',
        find: "applied: options.write && !kind.refused ? 'unknown' : 'no',",
        replace: "applied: 'no',",
      },
      {
        file: ROUTE53,
        find: "return error.applied === 'unknown' || error.code === 'provider-rejected';",
        replace: "return error.applied === 'unknown';",
      },
    ],
  },
  {
    name: 'any-epoch-of-that-number-is-ours',
    breaks: [9, 11],
    sentence:
      'after a lost reply the number of the epoch is compared and its owner is not: the other runner’s flip is taken for ours',
    patches: [
      {
        file: ROUTE53,
        find: 'if (epoch?.owner === next.owner && epoch.epoch === next.epoch && epoch.active === next.active)',
        replace: 'if (epoch !== null && epoch.epoch === next.epoch)',
      },
    ],
  },
  {
    name: 'html-is-an-empty-zone',
    breaks: [9, 10],
    sentence:
      'a page of HTML with status 200, of which the SDK makes an empty list, is read as a zone without an epoch',
    patches: [
      {
        file: ROUTE53,
        find: `      if (!Array.isArray(output.ResourceRecordSets) || typeof output.IsTruncated !== 'boolean')
        throw garbage('the list of record sets is missing in the answer');
      return output.ResourceRecordSets;`,
        replace: '      return output.ResourceRecordSets ?? [];',
      },
    ],
  },
  {
    name: 'hoster-errors-as-they-come',
    breaks: [12],
    sentence:
      'what the network stack says of a request is passed on as it is, with the header that it quotes',
    patches: [
      {
        file: 'src/providers/hcloud/failures.ts',
        find: 'message: redact(`Hetzner Cloud: ${asked.what}: ${fate} (${code})`),',
        replace: 'message: `Hetzner Cloud: ${asked.what}: ${fate} (${code}: ${message})`,',
      },
    ],
  },
  {
    name: 'dns-errors-as-they-come',
    breaks: [12],
    sentence: 'what the SDK throws is passed on as it is, with the signed headers that it quotes',
    patches: [
      {
        file: 'src/providers/route53/failure.ts',
        find: "const said = options.redact(`${facts.name}${facts.code === '' ? '' : ` ${facts.code}`}: ${facts.message}`);",
        replace:
          "const said = `${facts.name}${facts.code === '' ? '' : ` ${facts.code}`}: ${facts.message}`;",
      },
    ],
  },
];
