import { BlockList, isIP } from 'node:net';

/** IPv4 addresses in IPv6 notation. Source: RFC 4291, section 2.5.5.2. */
const MAPPED = new BlockList();
MAPPED.addSubnet('::ffff:0:0', 96, 'ipv6');

type Family = 'ipv4' | 'ipv6';

/**
 * Whether an address is one of these, or in one of these networks. IPv4 addresses in IPv6 notation count as IPv4, and
 * networks of one family have no addresses of the other.
 * @param addresses IP addresses and networks (CIDR)
 * @param address an IP address; every other text is in no network
 */
export function isAmong(addresses: readonly string[], address: string): boolean {
  const notation = familyOf(address);
  if (notation === undefined) return false;
  const family = MAPPED.check(address, notation) ? 'ipv4' : notation;
  return listOf(addresses, family).check(address, notation);
}

function listOf(addresses: readonly string[], family: Family): BlockList {
  const list = new BlockList();
  for (const one of addresses) {
    const [network, prefix] = one.split('/');
    if (network === undefined || familyOf(network) !== family) continue;
    if (prefix === undefined) list.addAddress(network, family);
    else list.addSubnet(network, Number(prefix), family);
  }
  return list;
}

function familyOf(address: string): Family | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : `ipv${version as 4 | 6}`;
}
