/**
 * The state file's tables, as an ordered list of migrations: entry 0 makes version 1, entry 1 turns 1 into 2, and so
 * on. A shipped entry is never edited; a change of the schema is a new entry at the end.
 *
 * Bodies are JSON: the types of src/model are the schema of the content, and the columns beside them are only what is
 * searched by; so a field that readers would miss in an older body needs a migration too. A journal write touches one
 * page of one tree (hence no rowid there), because that page has to reach the disk between two steps of a failover.
 */

/** `USdy`: marks a SQLite file as ours (sqlite.org/fileformat2.html, offset 68). */
export const APPLICATION_ID = 0x55536479;

/** What SQLite doesn't keep in the file. Full: a commit is on the disk when it is acknowledged, also in WAL mode. */
export const CONNECTION_PRAGMAS = ['synchronous = full', 'foreign_keys = on'] as const;

const FIRST = `
create table lease (
  name text primary key, owner text not null, token integer not null, until integer not null
) without rowid;

create table service (name text primary key, state text not null) without rowid;
create table hold (service text primary key, body text not null) without rowid;
create table decision (service text primary key, plan text, verdict text not null, body text not null);

create table incident (
  seq integer primary key, id text not null unique, service text not null, open integer not null, body text not null
);
create index incident_open on incident (service) where open = 1;

create table plan (
  seq integer primary key, id text not null unique, service text not null, status text not null, body text not null
);
create index plan_proposed on plan (service) where status = 'proposed';

create table run (
  seq integer primary key, id text not null unique, service text not null, plan text not null,
  open integer not null, body text not null
);
create index run_of on run (service);
create index run_open on run (service) where open = 1;

create table journal (
  run text not null, seq integer not null, body text not null, primary key (run, seq)
) without rowid;

create table evidence (
  seq integer primary key, service text not null, oldest integer not null, newest integer not null, body text not null
);
create index evidence_of on evidence (service, newest);

create table notice (seq integer primary key, id text not null unique, service text not null, body text not null);

-- autoincrement: a number is never used again, so a late "delivered" cannot hit another item
create table outbox (
  seq integer primary key autoincrement, sink text not null,
  notice integer not null references notice (seq) on delete cascade,
  attempts integer not null, due_at integer not null, last_error text, delivered_at integer
);
create index outbox_pending on outbox (sink) where delivered_at is null;
create index outbox_of on outbox (notice);

create table audit (seq integer primary key, service text, body text not null);
`;

/** An ack named an instant; now it names its run. One from before the change no longer counts: a window is rather shut than open. */
const ACK_OF_A_RUN = `
update service set state = json_remove(json_set(state, '$.ackedRun', null), '$.ackedAt');
`;

/** Claims of other installations are remembered, from when they were first seen. */
const RIVALS = `
update service set state = json_set(state, '$.rival', null);
`;

export const MIGRATIONS: readonly string[] = [FIRST, ACK_OF_A_RUN, RIVALS];
