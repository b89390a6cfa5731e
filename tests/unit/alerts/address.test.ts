// Proves that a message goes to public addresses over https alone, unless this machine is written out or a private network is allowed,
// in every spelling of an address, and to the address that was checked (reliability.md §3, SSRF).
import { describe, expect, it } from "vitest";
import { reachEndpoint } from "../../../src/alerts/reach-endpoint.ts";
import { addressKind } from "../../../src/core/address-kind.ts";
import { NEVER } from "./samples.ts";

describe("the kind of an address", () => {
  it.each([
    ["8.8.8.8", "public"],
    ["172.15.255.255", "public"],
    ["172.16.0.0", "private"],
    ["172.31.255.255", "private"],
    ["172.32.0.0", "public"],
    ["10.0.0.1", "private"],
    ["192.168.1.1", "private"],
    ["100.64.0.1", "private"],
    ["100.100.100.200", "forbidden"],
    ["168.63.129.16", "forbidden"],
    ["127.255.0.1", "loopback"],
    ["0.0.0.0", "forbidden"],
    ["169.254.169.254", "forbidden"],
    ["192.0.0.192", "forbidden"],
    ["198.19.0.1", "forbidden"],
    ["203.0.113.7", "forbidden"],
    ["224.0.0.1", "forbidden"],
    ["255.255.255.255", "forbidden"],
    ["::1", "loopback"],
    ["::", "forbidden"],
    ["::ffff:127.0.0.1", "loopback"],
    ["::ffff:7f00:1", "loopback"],
    ["0:0:0:0:0:ffff:a00:1", "private"],
    ["::ffff:8.8.8.8", "public"],
    ["::127.0.0.1", "forbidden"],
    ["64:ff9b::10.0.0.1", "forbidden"],
    ["64:ff9b::8.8.8.8", "public"],
    ["2002:7f00:1::", "forbidden"],
    ["2001::1", "forbidden"],
    ["2001:db8::1", "forbidden"],
    ["2a00:1450:4001:82a::200e", "public"],
    ["fd00:ec2::254", "forbidden"],
    ["fd12:3456::1", "private"],
    ["fe80::1", "forbidden"],
    ["fe80::1%eth0", "forbidden"],
    ["ff02::1", "forbidden"],
    ["999.1.1.1", "forbidden"],
    ["no address", "forbidden"],
    ["", "forbidden"],
  ])("%s is %s", (address, kind) => {
    expect(addressKind(address)).toBe(kind);
  });
});

/** What it comes to: the addresses, or why not. */
async function reach(url: string, answer: readonly string[] = [], allowsPrivate = false) {
  const resolve = async (host: string) => {
    if (answer.length === 0) throw new Error(`${host} was asked for`);
    return answer;
  };
  const reached = await reachEndpoint({ url, secret: null, allowsPrivate }, resolve, NEVER);
  return reached.ok ? reached.addresses : reached.why;
}

describe("without allow_private", () => {
  it.each([
    ["https://127.1/hook", "four numbers"],
    ["http://127.1:8080/hook", "must be https"],
    ["https://2130706433/", "four numbers"],
    ["https://0x7f000001/", "four numbers"],
    ["https://0177.0.0.1/", "four numbers"],
    ["https://[::ffff:127.0.0.1]/", "private address"],
    ["https://[::ffff:7f00:1]/", "private address"],
    ["https://169.254.169.254/latest/meta-data", "no server's"],
    ["https://[fd00:ec2::254]/latest/meta-data", "no server's"],
    ["https://10.0.0.1/", "private address"],
    ["https://[fd12::1]/", "private address"],
    ["https://0.0.0.0/", "no server's"],
    ["https://[::]/", "no server's"],
    ["http://8.8.8.8/", "must be https"],
    ["http://hooks.example.com/", "must be https"],
    ["http://127.0.0.1@hooks.example.com/", "user name"],
    ["http://localhost.example.com/", "must be https"],
    ["ftp://hooks.example.com/", "https://"],
    ["file:///etc/passwd", "https://"],
    ["hooks.example.com", "must be a URL"],
  ])("%s is refused, and nobody is asked for a name", async (url, why) => {
    expect(await reach(url)).toContain(why);
  });

  it.each([
    [["10.0.0.1"], "private address"],
    [["127.0.0.1"], "private address"],
    [["8.8.8.8", "127.0.0.1"], "private address"],
    [["8.8.8.8", "169.254.169.254"], "no server's"],
    [["::ffff:10.0.0.1"], "private address"],
    [["fd00:ec2::254"], "no server's"],
    [["nonsense"], "no server's"],
  ])("a name that leads to %j is refused", async (answer, why) => {
    expect(await reach("https://hooks.example.com/", answer)).toContain(why);
  });

  it("goes to public addresses, and to this machine where it is written out", async () => {
    expect(await reach("https://hooks.example.com/", ["8.8.8.8", "2a00:1450::1"])).toEqual(["8.8.8.8", "2a00:1450::1"]);
    expect(await reach("https://8.8.8.8/")).toEqual(["8.8.8.8"]);
    expect(await reach("http://127.0.0.1:8080/x")).toEqual(["127.0.0.1"]);
    expect(await reach("http://[::1]:8080/x")).toEqual(["::1"]);
    expect(await reach("http://localhost:8080/x", ["127.0.0.1", "::1"])).toEqual(["127.0.0.1", "::1"]);
  });

  it("does not believe a localhost that is elsewhere", async () => {
    expect(await reach("http://localhost:8080/x", ["8.8.8.8"])).toContain("another machine");
  });
});

describe("with allow_private", () => {
  it("goes to private addresses, also without https, but never to the cloud's metadata", async () => {
    expect(await reach("http://hooks.internal/", ["10.0.0.1"], true)).toEqual(["10.0.0.1"]);
    expect(await reach("https://hooks.internal/", ["fd12::1"], true)).toEqual(["fd12::1"]);
    expect(await reach("http://192.168.1.1/", [], true)).toEqual(["192.168.1.1"]);
    expect(await reach("http://169.254.169.254/", [], true)).toContain("no server's");
    expect(await reach("http://hooks.internal/", ["fd00:ec2::254"], true)).toContain("no server's");
    expect(await reach("http://hooks.internal/", ["10.0.0.1", "169.254.169.254"], true)).toContain("no server's");
  });

  it("does not go without https to a public address", async () => {
    expect(await reach("http://hooks.example.com/", ["8.8.8.8"], true)).toContain("without https");
    expect(await reach("http://8.8.8.8/", [], true)).toContain("without https");
  });
});

it("does not wait for a name once its time is up", async () => {
  const stop = new AbortController();
  const endpoint = { url: "https://hooks.example.com/", secret: null, allowsPrivate: false };
  const reached = reachEndpoint(endpoint, () => new Promise(() => {}), stop.signal);
  stop.abort();
  expect(await reached).toMatchObject({ ok: false });
});
