/** Gate rows about DNS: what is written, and over what. Invariant 3. */
import { FAMILIES } from '../../model/sample.ts';
import { RECORD_TYPE, sameSet } from '../records.ts';
import { type Finding, found, type GateContext } from './finding.ts';

function written(context: GateContext) {
  return context.plan.steps.flatMap(step =>
    step.kind === 'flip' || step.kind === 'claim' ? [...step.change.upserts, ...step.change.deletes] : [],
  );
}

export function ownedOnly(context: GateContext): Finding {
  const { dns } = context.inventory.service;
  const epochs = context.plan.steps.flatMap(step => {
    if (step.kind !== 'flip' && step.kind !== 'claim') return [];
    const { epochName, expectEpoch } = step.change;
    return expectEpoch === null || expectEpoch === 'claimed' ? [epochName] : [epochName, expectEpoch.name];
  });
  const strange = [
    ...written(context)
      .filter(set => set.type === 'TXT' || !dns.records.includes(set.name))
      .map(set => `${set.name} ${set.type}`),
    ...epochs.filter(name => name !== dns.epochName),
  ];
  return found(
    strange.length === 0,
    strange.length === 0 ? 'owned' : strange.join(', '),
    dns.records.join(', '),
  );
}

export function withinBlast(context: GateContext): Finding {
  const count = written(context).length;
  const most = context.inventory.service.dns.records.length * 2;
  return found(count <= most, String(count), `≤ ${most}`);
}

/** Another tool or a person has put something there: fighting over it helps nobody (external-dns#5993). */
export function noForeignValues(context: GateContext): Finding {
  const { service, zone } = context.inventory;
  const ours = new Set(service.sites.flatMap(site => Object.values(site.addresses)));
  const touched = written(context);
  const foreign = (zone?.view?.records ?? [])
    .filter(set => touched.some(change => change.name === set.name && change.type === set.type))
    .flatMap(set => set.values.filter(value => !ours.has(value)).map(value => `${set.name} ${value}`));
  return found(foreign.length === 0, foreign.length === 0 ? 'none' : foreign.join(', '), 'none');
}

/**
 * Applies the flip to the zone as it was read and looks at what would be answered: in the families that are to be verified
 * the target's own address, in the others nothing. Sets to be deleted must be there exactly so.
 */
export function pointsToTarget(context: GateContext): Finding {
  const { plan, inventory } = context;
  const site = inventory.service.sites.find(entry => entry.name === plan.to);
  const verify = plan.steps.find(step => step.kind === 'verify');
  const flip = plan.steps.find(step => step.kind === 'flip');
  const stored = inventory.zone?.view?.records ?? [];
  const wanted = `the addresses of ${plan.to}`;
  if (site === undefined || verify === undefined || flip === undefined || verify.families.length === 0)
    return found(false, 'no address would be left', wanted);
  const { upserts, deletes } = flip.change;
  const wrong = deletes
    .filter(gone => !stored.some(set => sameSet(set, gone)))
    .map(gone => `delete ${gone.name} ${gone.type}`);
  for (const name of inventory.service.dns.records) {
    for (const family of FAMILIES) {
      const type = RECORD_TYPE[family];
      const is = (set: { readonly name: string; readonly type: string }) =>
        set.name === name && set.type === type;
      const kept = stored.filter(set => is(set) && ![...upserts, ...deletes].some(is));
      const values = [...kept, ...upserts.filter(is)].flatMap(set => set.values).join(', ');
      const address = verify.families.includes(family) ? (site.addresses[family] ?? 'no address') : '';
      if (values !== address) wrong.push(`${name} ${type} ${values === '' ? 'nothing' : values}`);
    }
  }
  return found(wrong.length === 0, wrong.length === 0 ? wanted : wrong.join('; '), wanted);
}
