import type { LookupFunction } from 'node:net'

/** Everything that may lead a client to its own machine or network. PORT is the canary's. */
export const HOSTILE_URLS = [
  'http://127.0.0.1:PORT/', 'http://127.1:PORT/', 'http://127.0.1:PORT/', 'http://127.255.255.254:PORT/',
  'http://2130706433:PORT/', 'http://0x7f000001:PORT/', 'http://0x7f.0x0.0x0.0x1:PORT/', 'http://0177.0.0.1:PORT/', 'http://017700000001:PORT/', 'http://0x7f.1:PORT/',
  'http://0.0.0.0:PORT/', 'http://0:PORT/', 'http://0x0:PORT/', 'http://127.0.0.1.:PORT/', 'http://①②⑦.⓪.⓪.①:PORT/', 'http://127。0。0。1:PORT/', 'http://%31%32%37.0.0.1:PORT/',
  'http://[::1]:PORT/', 'http://[::]:PORT/', 'http://[0:0:0:0:0:0:0:1]:PORT/', 'http://[::ffff:127.0.0.1]:PORT/', 'http://[::ffff:7f00:1]:PORT/', 'http://[::127.0.0.1]:PORT/',
  'http://[::ffff:0:127.0.0.1]:PORT/', 'http://[64:ff9b::127.0.0.1]:PORT/', 'http://[64:ff9b:1::7f00:1]:PORT/', 'http://[2002:7f00:1::]:PORT/', 'http://[2001:0:7f00:1::]:PORT/',
  'http://[fe80::1]:PORT/', 'http://[fc00::1]:PORT/', 'http://[fd12:3456:789a::1]:PORT/', 'http://[fec0::1]:PORT/', 'http://[ff02::1]:PORT/', 'http://[2001:db8::1]:PORT/', 'http://[100::1]:PORT/',
  'http://169.254.169.254/latest/meta-data/', 'http://169.254.170.2:PORT/', 'http://[::ffff:169.254.169.254]/', 'http://100.100.100.200/', 'http://[fd00:ec2::254]/',
  'http://10.0.0.1:PORT/', 'http://172.16.0.1:PORT/', 'http://172.31.255.255:PORT/', 'http://192.168.1.1:PORT/', 'http://100.64.0.1:PORT/', 'http://192.0.0.1:PORT/', 'http://192.0.2.1:PORT/',
  'http://198.18.0.1:PORT/', 'http://198.51.100.1:PORT/', 'http://203.0.113.1:PORT/', 'http://192.88.99.1:PORT/', 'http://224.0.0.1:PORT/', 'http://240.0.0.1:PORT/', 'http://255.255.255.255:PORT/',
  'http://localhost:PORT/', 'http://LOCALHOST:PORT/', 'http://localhost.:PORT/', 'http://loopback.test:PORT/', 'http://loopback6.test:PORT/', 'http://mapped.test:PORT/', 'http://mixed.test:PORT/', 'http://nothing.test:PORT/',
  'http://user@127.0.0.1:PORT/', 'http://user:password@relay.test:PORT/', 'http://relay.test@127.0.0.1:PORT/', 'http://127.0.0.1\\@relay.test:PORT/', 'http://relay.test.evil.test:PORT/',
  'ftp://127.0.0.1:PORT/', 'file:///etc/passwd', 'gopher://127.0.0.1:PORT/', 'data:text/plain,x', 'javascript:alert(1)', 'ws://127.0.0.1:PORT/', 'unix:/run/docker.sock', '//127.0.0.1:PORT/', '', 'http://', 'http://[::1%25lo]:PORT/', 'http://256.256.256.256/'
]

const NAMES: Record<string, string[]> = {
  'loopback.test': ['127.0.0.1'],
  'loopback6.test': ['::1'],
  'mapped.test': ['::ffff:127.0.0.1'],
  // A public address first does not make the second one good.
  'mixed.test': ['8.8.8.8', '127.0.0.1'],
  'nothing.test': [],
  'relay.test.evil.test': ['127.0.0.1'],
  'relay.test': ['127.0.0.1'],
  localhost: ['127.0.0.1', '::1'],
  'localhost.': ['127.0.0.1']
}

/** What the names in them lead to. */
export const lookup: LookupFunction = (name, options, callback) => {
  const addresses = (NAMES[name] ?? []).map(address => ({ address, family: address.includes(':') ? 6 : 4 }))
  if (options.all) callback(null, addresses)
  else callback(null, addresses[0]!.address, addresses[0]!.family)
}
