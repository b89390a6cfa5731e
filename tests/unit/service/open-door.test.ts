// Proves when somebody gets in without a token: only before the first one was made, and then only on this machine. And that a
// service that cannot start leaves nothing running.
import { afterEach, expect, it } from "vitest";
import { ask, askRaw } from "./ask.ts";
import { type Rig, startRig } from "./rig.ts";

const rigs: Rig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});
const start = async (options: Parameters<typeof startRig>[0] = {}): Promise<Rig> => {
  const rig = await startRig(options);
  rigs.push(rig);
  return rig;
};

it("before the first token everybody on this machine may do everything; from then on nobody may without one", async () => {
  const rig = await start();
  const anybody = () => ask(rig.url, "GET", "/api/v1/audit");
  expect((await anybody()).status).toBe(200);
  // A wrong token is wrong also where none would do.
  expect((await ask(rig.url, "GET", "/api/v1/audit", { headers: { authorization: "Bearer x" } })).status).toBe(401);
  const first = await rig.token(["read"], { id: "first" });
  expect((await anybody()).status).toBe(401);
  expect((await ask(rig.url, "GET", "/api/v1/audit", { headers: first })).status).toBe(403);
  await rig.state.revokeToken("first", Date.now());
  expect((await anybody()).status).toBe(401);
});

it("tokens that have all expired or were revoked leave the door closed", async () => {
  const rig = await start();
  await rig.token(["admin"], { expiresAt: Date.now() - 1 });
  await rig.token(["admin"], { revokedAt: Date.now() - 1 });
  expect((await ask(rig.url, "GET", "/api/v1/syncs")).status).toBe(401);
  expect((await ask(rig.url, "POST", "/api/v1/syncs/people/runs", { body: {} })).status).toBe(401);
  // The commands of this machine have a key of their own, of which a file that only their user can read tells.
  expect((await rig.ask("GET", "/api/v1/syncs")).status).toBe(200);
});

it("health, the page and the document need none; everything else does", async () => {
  const rig = await start();
  await rig.token(["read"]);
  for (const path of ["/health/live", "/health/ready", "/docs", "/openapi.json"])
    expect([path, (await ask(rig.url, "GET", path)).status]).toEqual([path, 200]);
  for (const path of ["/metrics", "/api/v1/events", "/api/v1/project", "/api/v1/runs"])
    expect([path, (await ask(rig.url, "GET", path)).status]).toEqual([path, 401]);
});

it.each(["0.0.0.0", "::", "192.168.1.4", "sluice.example.com", "127.0.0.1.evil.com", "0"])(
  "without tokens it does not listen on %s",
  async (host) => {
    await expect(startRig({ serve: { host } })).rejects.toMatchObject({
      code: "USAGE",
      fix: expect.stringMatching(/token create/),
    });
  },
);

it("a port that is taken is said, and nothing of the start goes on", async () => {
  const rig = await start();
  let looks = 0;
  const port = Number(new URL(rig.url).port);
  const fingerprint = async () => String(++looks);
  const second = startRig({ serve: { port, fingerprint, lookEveryMs: 5 } });
  await expect(second).rejects.toMatchObject({ code: "PORT_IN_USE", fix: expect.stringMatching(/--port/) });
  const before = looks;
  await new Promise((wake) => setTimeout(wake, 30));
  expect(looks).toBe(before);
});

it("streams, long polls and half a request do not keep a service that stops", async () => {
  const rig = await startRig();
  const key = { authorization: `Bearer ${rig.localKey}` };
  const ended = (call: Promise<unknown>) => call.then(() => "over").catch(() => "over");
  const calls = [
    ended(ask(rig.url, "GET", "/api/v1/events", { headers: key })),
    ended(askRaw(rig.url, ["GET /api/v1/syncs HTTP/1.1\r\nHost: loc"])),
    ended(
      askRaw(rig.url, ["POST /api/v1/syncs/people/runs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n{"]),
    ),
  ];
  await new Promise((wake) => setTimeout(wake, 50));
  const beganMs = performance.now();
  await rig.close();
  expect(performance.now() - beganMs).toBeLessThan(20_000);
  expect(await Promise.all(calls)).toEqual(["over", "over", "over"]);
});
