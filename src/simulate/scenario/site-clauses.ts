/** What may follow a site after commas: `site home at hetzner, ipv4 and ipv6, fence power-off, max lag 1m`. */
import { FENCE, SITE } from '../../config/fields-site.ts';
import type { SiteSketch } from '../cast.ts';
import type { Draft } from './draft.ts';
import type { Phrase } from './phrases.ts';
import type { Found } from './slots.ts';

export interface SiteClause extends Phrase {
  make(found: Found, draft: Draft): void;
}

function clause(pattern: string, doc: string, read: (found: Found, site: SiteSketch) => Partial<SiteSketch>) {
  return {
    pattern,
    doc,
    make: (found: Found, { site }: Draft) => {
      if (site !== null) Object.assign(site, read(found, site));
    },
  };
}

export const SITE_CLAUSES: readonly SiteClause[] = [
  clause('FAMILIES', 'The families it has an address in; left out: both.', found => ({
    families: found.families([]),
  })),
  clause('fence METHOD', 'How it is fenced; left out: `power-off`.', (found, site) => ({
    fence: { ...site.fence, method: found.one('METHOD', ['power-off', 'command', 'none']) },
  })),
  clause(
    'fence wait DURATION [margin MARGIN]',
    'It gives itself up when no required probe of it has passed anywhere for so long; the margin is waited for on top.',
    (found, site) => ({
      fence: {
        ...site.fence,
        method: 'wait',
        leaseMs: found.ms('DURATION', FENCE.lease),
        marginMs: found.has('MARGIN') ? found.ms('MARGIN', FENCE.margin) : 15_000,
      },
    }),
  ),
  clause('a lock is no fence', "The hoster's lock does not count as the fence.", (_found, site) => ({
    fence: { ...site.fence, lockCounts: false },
  })),
  clause('max lag DURATION', 'Its data may be so old, and no older, for it to be promoted.', found => ({
    maxLagMs: found.ms('DURATION', SITE.maxLag),
  })),
  clause('snapshot', 'Evidence is taken there before anything is stopped.', () => ({ snapshot: true })),
  clause('on machine MACHINE', 'It shares this machine with others.', found => ({
    box: found.text('MACHINE'),
  })),
];
