// Proves S7: what a match list may name, and that several records of one value are told or chosen as declared, never guessed at.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { CUSTOMER_ID, crowd, peopleProject } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { type ErrorDocument, projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();
const closers: (() => void)[] = [];
afterAll(() => {
  for (const close of closers) close();
});

describe.concurrent("a match list", () => {
  it.each([
    {
      what: "a first entry that is not unique",
      match: [{ lastname: "last" }, { email: "email" }],
      problem: { code: "NOT_UNIQUE", fix: expect.stringMatching(/customer_id|email/) },
    },
    {
      what: "a first entry of several fields",
      match: [{ email: "email", lastname: "last" }],
      problem: { code: "NOT_UNIQUE", message: expect.stringContaining("several fields") },
    },
  ])("is refused for $what", async ({ match, problem }) => {
    const portal = await newPortal();
    await portal.addFields("contacts", [CUSTOMER_ID]);
    const project = newProject(peopleProject(portal.url, crowd(2), { match }));
    for (const command of ["plan", "run"]) {
      const refused = await project.json<{ error: ErrorDocument }>([command, "people"]);
      expect(refused).toMatchObject({
        status: 2,
        document: { error: { problems: [{ file: "syncs/people.yml", ...problem }] } },
      });
    }
    expect(await portal.writes()).toEqual([]);
  });

  it.each([
    { what: "a field that is not unique", later: { lastname: "last" } },
    { what: "several fields", later: { firstname: "first", lastname: "last" } },
  ])("adopts by a later entry of $what, and tells several records by their ids", async ({ later }) => {
    const portal = await newPortal();
    await portal.addFields("contacts", [CUSTOMER_ID]);
    const names = { firstname: "Ann", lastname: "One" };
    const twin = { firstname: "Bob", lastname: "Two" };
    const [one = "", two = "", three = ""] = await portal.seed("contacts", [names, twin, twin]);
    const people = [
      { id: 1, first: "Ann", last: "One" },
      { id: 2, first: "Bob", last: "Two" },
      { id: 3, first: "Cid", last: "Three" },
    ];
    const project = newProject(peopleProject(portal.url, people, { match: [{ customer_id: "id" }, later] }));
    const ended = await project.run("people");
    expect(ended).toMatchObject({ status: 3, run: { created: 1, adopted: 1, counts: { invalid: 1 } } });
    const rows = await project.json<{ groups: { examples: { message: string }[] }[] }>(["rows", ended.run.id]);
    expect(rows.document.groups).toMatchObject([{ code: "AMBIGUOUS_MATCH", count: 1 }]);
    expect(rows.document.groups[0]?.examples[0]?.message).toMatch(new RegExp(`${two}.*${three}|${three}.*${two}`));
    const records = await portal.dump();
    expect(records).toHaveLength(4);
    expect(records.find(({ id }) => id === one)?.properties).toMatchObject({ customer_id: "1" });
    expect(await project.run("people")).toMatchObject({ run: { planned: 0 } });
  });

  it("rejects a row with several records by their ids, and sends the others", async () => {
    const { portal, project, older, newer } = await withTwins();
    const linked = await project.json<{ link: { entries: object[]; ambiguous: object[] } }>(["link", "people"]);
    const message = `2 records have this email: ${newer}, ${older}`;
    expect(linked.document.link).toMatchObject({ entries: [{}, { several: 1 }], ambiguous: [{ message }] });
    const ended = await project.run("people");
    expect(ended).toMatchObject({ status: 3, run: { state: "partial", created: 1, adopted: 0 } });
    const rows = await project.json<{ groups: object[] }>(["rows", ended.run.id]);
    expect(rows.document.groups).toMatchObject([
      { state: "invalid", code: "AMBIGUOUS_MATCH", count: 1, examples: [{ message }] },
    ]);
    const records = await portal.dump();
    expect(records).toHaveLength(3);
    expect(records.filter(({ properties }) => properties.customer_id === "1")).toEqual([]);
  });

  it.each(["oldest", "newest"])("with on_ambiguous: %s adopts that record", async (on_ambiguous) => {
    const { portal, project, older, newer } = await withTwins({ on_ambiguous });
    expect(await project.run("people")).toMatchObject({ status: 0, run: { created: 1, adopted: 1 } });
    const adopted = (await portal.dump()).find(({ properties }) => properties.customer_id === "1");
    expect(adopted?.id).toBe(on_ambiguous === "oldest" ? older : newer);
    expect(await portal.dump()).toHaveLength(3);
  });
});

/** Two contacts answer to p1@example.com, one by a further address of its own; a second row has no record. */
async function withTwins(sync: object = {}) {
  const portal = await newPortal();
  await portal.addFields("contacts", [CUSTOMER_ID]);
  const seeds = [{ email: "p1@example.com" }, { email: "other@example.com" }];
  const [older = "", newer = ""] = await portal.seed("contacts", seeds);
  const twin = { id: newer, properties: { email: "other@example.com", hs_additional_emails: "p1@example.com" } };
  const url = await answeringTwice(portal.url, older, twin);
  // Without an e-mail of its own to write, the row takes whichever record it is given.
  const fields = { customer_id: "id", firstname: "first" };
  return { portal, older, newer, project: newProject(peopleProject(url, crowd(2), { fields, ...sync })) };
}

/** A sandbox gives a value to one record only: this passes its calls on, and adds a second record to finds of the first. */
async function answeringTwice(target: string, id: string, twin: { id: string; properties: object }): Promise<string> {
  const server = createServer(async (from, to) => {
    const chunks: Buffer[] = [];
    for await (const chunk of from) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString("utf8");
    const { authorization = "" } = from.headers;
    const answer = await fetch(`${target}${from.url}`, {
      method: from.method ?? "GET",
      headers: { authorization, "content-type": "application/json" },
      ...(body === "" ? {} : { body }),
    });
    const text = await answer.text();
    to.writeHead(answer.status, { "content-type": "application/json" });
    if (!/\/batch\/read\b/.test(from.url ?? "") || !body.includes('"idProperty":"email"')) return to.end(text);
    const found = JSON.parse(text) as { results: { id: string }[] };
    const results = found.results.flatMap((record) =>
      record.id === id ? [{ ...record, ...twin, archived: false }, record] : [record],
    );
    return to.end(JSON.stringify({ ...found, results }));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
