/**
 * A Route 53 client over anything that can answer the four calls: a peer in memory, in virtual time. What it answers
 * and throws is judged by the same code as what the SDK does.
 */
import {
  ChangeResourceRecordSetsCommand,
  type ChangeResourceRecordSetsCommandInput,
  type ChangeResourceRecordSetsCommandOutput,
  GetChangeCommand,
  type GetChangeCommandInput,
  type GetChangeCommandOutput,
  type GetHostedZoneCommand,
  type GetHostedZoneCommandInput,
  type GetHostedZoneCommandOutput,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandInput,
  type ListResourceRecordSetsCommandOutput,
} from '@aws-sdk/client-route-53';
import type { Client, SendOptions } from './api.ts';

/**
 * One attempt at one call. Each may stay unsettled: the deadline of the request ends the waiting, and what comes later
 * is not looked at. `{}` is what the SDK makes of an HTML page or an empty body with status 200. An answer needs
 * - listResourceRecordSets: `ResourceRecordSets` (names with or without the last dot, sorted as Route 53 does, from
 *   `StartRecordName`/`StartRecordType` on, at most `MaxItems`) and `IsTruncated`
 * - changeResourceRecordSets: `ChangeInfo.Id`
 * - getChange: `ChangeInfo.Status`, `PENDING` or `INSYNC`
 * - getHostedZone: `HostedZone`, `DelegationSet.NameServers` (their names are then looked up in the real DNS)
 * @throws what the SDK would throw; see `failure`
 */
export interface Wire {
  listResourceRecordSets(
    input: ListResourceRecordSetsCommandInput,
    signal: AbortSignal,
  ): Promise<Partial<ListResourceRecordSetsCommandOutput>>;
  changeResourceRecordSets(
    input: ChangeResourceRecordSetsCommandInput,
    signal: AbortSignal,
  ): Promise<Partial<ChangeResourceRecordSetsCommandOutput>>;
  getChange(input: GetChangeCommandInput, signal: AbortSignal): Promise<Partial<GetChangeCommandOutput>>;
  getHostedZone(
    input: GetHostedZoneCommandInput,
    signal: AbortSignal,
  ): Promise<Partial<GetHostedZoneCommandOutput>>;
}

type Call =
  ListResourceRecordSetsCommand | ChangeResourceRecordSetsCommand | GetChangeCommand | GetHostedZoneCommand;

export function createClientOver(wire: Wire): Client {
  return {
    send(call: Call, { abortSignal }: SendOptions) {
      if (call instanceof ListResourceRecordSetsCommand)
        return wire.listResourceRecordSets(call.input, abortSignal);
      if (call instanceof ChangeResourceRecordSetsCommand)
        return wire.changeResourceRecordSets(call.input, abortSignal);
      if (call instanceof GetChangeCommand) return wire.getChange(call.input, abortSignal);
      return wire.getHostedZone(call.input, abortSignal);
    },
  };
}
