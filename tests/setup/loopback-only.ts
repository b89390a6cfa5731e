// Proves that no test leaves the machine: every connect and every lookup beyond loopback fails the test at once.
import dns from "node:dns";
import net from "node:net";

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+|localhost)$/;

function refuse(target: string): never {
  throw new Error(`a test tried to reach ${target}: only loopback is allowed`);
}

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function guarded(this: net.Socket, ...args: unknown[]) {
  // net.connect() hands over its arguments already normalised: [[options, callback]].
  const first = Array.isArray(args[0]) ? args[0][0] : args[0];
  const options = typeof first === "object" && first !== null ? (first as net.TcpNetConnectOpts) : null;
  const host = options ? options.host : typeof args[1] === "string" ? args[1] : undefined;
  const isPath = options !== null && "path" in options && options.path !== undefined && options.path !== null;
  if (!isPath && host !== undefined && !LOOPBACK.test(host)) refuse(host);
  return Reflect.apply(connect, this, args);
} as typeof connect;

const lookup = dns.lookup;
dns.lookup = ((hostname: string, ...rest: unknown[]) => {
  if (!LOOPBACK.test(hostname)) refuse(hostname);
  return Reflect.apply(lookup, dns, [hostname, ...rest]);
}) as typeof dns.lookup;
