// Proves how triggers are read: their secrets are references and kept from every output, they start only syncs that there are, and a
// secret that is missing on this machine only warns.
import { describe, expect, it } from "vitest";
import { ENV, loadSound, SLUICE, SYNC, shown } from "./project-folder.ts";

const env = { ...ENV, HOOK_SECRET: "trigger-canary", NEXT_SECRET: "next-canary" };
const project = (triggers: string) => ({
  "sluice.yml": `${SLUICE}${triggers}`,
  "syncs/people.yml": `${SYNC}tags: [crm]\n`,
  "syncs/again.yml": `${SYNC.replace("contacts", "companies")}tags: [crm]\n`,
});
const problemsOf = (triggers: string) => shown(project(triggers), { env });

describe("triggers", () => {
  it("are read with the syncs that they start, each once, and secrets that nobody is shown", async () => {
    const loaded = await loadSound(
      project(`triggers:
  orders: { type: hmac, secret: ["\${env:HOOK_SECRET}", "\${env:NEXT_SECRET}"], syncs: [people], select: ["tag:crm"] }
  dbt: { type: dbt_cloud, secret: "\${env:HOOK_SECRET}", syncs: [people], jobs: [123, "70403103924637"], action: run }
`),
      { env },
    );
    expect([...loaded.triggers.values()]).toEqual([
      {
        name: "orders",
        type: "hmac",
        secrets: ["trigger-canary", "next-canary"],
        syncs: ["again", "people"],
        jobs: null,
      },
      {
        name: "dbt",
        type: "dbt_cloud",
        secrets: ["trigger-canary"],
        syncs: ["people"],
        jobs: ["123", "70403103924637"],
      },
    ]);
    expect(loaded.secrets).toEqual(expect.arrayContaining(["trigger-canary", "next-canary"]));
  });

  it.each([
    [
      "a secret that is written out",
      `triggers: { a: { type: hmac, secret: canary, syncs: [people] } }\n`,
      [
        'sluice.yml:5:38 SECRET_LITERAL trigger "a": its secret must not stand in the file | write "${env:A_SECRET}" or "${file:PATH}"',
      ],
    ],
    [
      "a sync and a selector that mean nothing",
      `triggers:\n  a: { type: hmac, secret: "\${env:HOOK_SECRET}", syncs: [peple], select: ["tag:crn", "state:modified"] }\n`,
      [
        'sluice.yml:6:58 UNKNOWN_SYNC there is no sync "peple" | did you mean "people"?',
        'sluice.yml:6:75 UNKNOWN_SELECTOR trigger "a": no sync has the tag "crn" | did you mean "crm"?',
        'sluice.yml:6:86 UNKNOWN_SELECTOR trigger "a": "state:modified" is no selector | write tag:NAME, connection:NAME or model:NAME',
      ],
    ],
    [
      "nothing to start",
      `triggers:\n  a: { type: hmac, secret: "\${env:HOOK_SECRET}" }\n`,
      ['sluice.yml:6:3 MISSING_KEY trigger "a" starts nothing | add syncs: [NAME] or select: [tag:NAME]'],
    ],
    [
      "types, actions and keys that there are not",
      `triggers:
  a: { type: github, secret: "\${env:HOOK_SECRET}", syncs: [people] }
  b: { type: hmac, secret: "\${env:HOOK_SECRET}", syncs: [people], jobs: [1], action: resync }
  c: { type: dbt_cloud, secret: "\${env:HOOK_SECRET}", syncs: [people], jobs: [x] }
`,
      [
        'sluice.yml:6:14 WRONG_VALUE triggers.a.type must be one of hmac, dbt_cloud, not "github"',
        'sluice.yml:7:67 UNKNOWN_KEY unknown key "jobs" in triggers.b | keys here: type, secret, syncs, select, action',
        'sluice.yml:7:86 WRONG_VALUE triggers.b.action must be run, not "resync"',
        "sluice.yml:8:79 WRONG_VALUE triggers.c.jobs[1] must be the number of a job",
      ],
    ],
  ])("say what is wrong: %s", async (_, triggers, wanted) => {
    expect(await problemsOf(triggers)).toEqual(wanted);
  });

  it("only warn of a secret that is missing here; without one there is no trigger, with one of two there is", async () => {
    const triggers = `triggers:
  a: { type: hmac, secret: "\${env:NOT_THERE}", syncs: [people] }
  b: { type: hmac, secret: ["\${env:NOT_THERE}", "\${env:HOOK_SECRET}"], syncs: [people] }
`;
    const said = "the environment variable NOT_THERE is not set; here nobody can start it by this secret";
    expect(await problemsOf(triggers)).toEqual([
      `sluice.yml:6:28 warning ENV_MISSING trigger "a": ${said} | set it: export NOT_THERE=…`,
      `sluice.yml:7:29 warning ENV_MISSING trigger "b": ${said} | set it: export NOT_THERE=…`,
    ]);
    const { triggers: read } = await loadSound(project(triggers), { env });
    expect([...read.values()].map(({ name, secrets }) => [name, secrets])).toEqual([["b", ["trigger-canary"]]]);
  });
});
