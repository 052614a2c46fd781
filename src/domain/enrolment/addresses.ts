import { BlockList, isIP } from 'node:net';

/**
 * Whether an address is one of these, or in one of these networks. IPv4 addresses in IPv6 notation count as IPv4.
 * @param addresses IP addresses and networks (CIDR)
 * @param address an IP address; every other text is in no network
 */
export function isAmong(addresses: readonly string[], address: string): boolean {
  const kind = familyOf(address);
  if (kind === undefined) return false;
  const list = new BlockList();
  for (const one of addresses) {
    const [network, prefix] = one.split('/');
    const family = network === undefined ? undefined : familyOf(network);
    if (network === undefined || family === undefined) continue;
    if (prefix === undefined) list.addAddress(network, family);
    else list.addSubnet(network, Number(prefix), family);
  }
  return list.check(address, kind);
}

function familyOf(address: string): 'ipv4' | 'ipv6' | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : `ipv${version as 4 | 6}`;
}
