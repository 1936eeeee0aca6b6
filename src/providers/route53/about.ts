/**
 * Route 53 as the config sees it: settings and capabilities, without the SDK, which costs 60 ms and more to load.
 */
import type { DnsVendor } from '../vendor.ts';

export const about: DnsVendor = {
  title: 'Amazon Route 53',
  fields: {
    accessKeyId: {
      doc: 'Access key id. Left out with secretAccessKey: the usual AWS sources are asked (environment, profile, instance role).',
      format: 'secret',
      default: null,
    },
    secretAccessKey: {
      doc: 'Secret access key that belongs to accessKeyId.',
      format: 'secret',
      default: null,
    },
    sessionToken: { doc: 'Session token of temporary credentials.', format: 'secret', default: null },
    region: {
      doc: 'Region that requests are signed for. Route 53 is global; its control plane sits in us-east-1.',
      format: 'string',
      default: 'us-east-1',
    },
    endpoint: {
      doc: 'Another API address, e.g. of an emulator or a VPC endpoint. Left out: the public one.',
      format: 'url',
      default: null,
    },
    requestTimeout: {
      doc: 'No single request may take longer, its connection included.',
      format: 'duration',
      default: '5s',
    },
    readRetries: {
      doc: 'How often a failed read is tried again, with growing, jittered pauses. Writes are tried once.',
      format: 'integer',
      default: 2,
      min: 0,
      max: 10,
    },
    readBackTimeout: {
      doc: 'After a doubtful write: how long to look whether it was done, even when the time of the step is over.',
      format: 'duration',
      default: '4s',
    },
  },
  capabilities: { compareAndSwap: true, reportsPropagation: true },
  load: () => import('./route53.ts'),
};
