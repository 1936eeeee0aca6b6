/** Gate rows about DNS: what is written, and over what. Invariant 3. */
import { type Finding, found, type GateContext } from './finding.ts';

function written(context: GateContext) {
  return context.plan.steps.flatMap(step =>
    step.kind === 'flip' ? [...step.change.upserts, ...step.change.deletes] : [],
  );
}

export function ownedOnly(context: GateContext): Finding {
  const { dns } = context.inventory.service;
  const epochs = context.plan.steps.flatMap(step =>
    step.kind === 'flip'
      ? [step.change.epochName, ...(step.change.expectEpoch === null ? [] : [step.change.expectEpoch.name])]
      : [],
  );
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
