// Proves what a sound project becomes: defaults, layers, environments, references, paths and hashes (semantics.md "Files").
import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Fault } from "../../../src/contract/fault.ts";
import { load, loadFolder, loadSound, loadSync, MODEL, SLUICE, SYNC, writeFolder } from "./project-folder.ts";

describe("a project", () => {
  it("is NOT_A_PROJECT without sluice.yml, with the way out", async () => {
    const folder = await writeFolder({ "models/people.sql": MODEL });
    try {
      const error = await loadFolder(folder.dir).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Fault);
      expect(error).toMatchObject({ code: "NOT_A_PROJECT", fix: expect.stringContaining("sluice init DIR") });
      await expect(loadFolder(join(folder.dir, "absent"))).rejects.toMatchObject({ code: "NOT_A_PROJECT" });
    } finally {
      await folder.remove();
    }
  });

  it("may be empty but for its version", async () => {
    const folder = await writeFolder({ "sluice.yml": "version: 1\n" });
    try {
      const loaded = await loadFolder(folder.dir);
      expect(loaded).toMatchObject({ ok: true, problems: [] });
    } finally {
      await folder.remove();
    }
  });

  it("keeps the line numbers of the model's file, and its front matter out of the SQL", async () => {
    const project = await loadSound({
      "models/people.sql": "/*---\r\nprimary_key: [a, b]\r\n---*/ select 1\r\nfrom t;",
    });
    const model = project.models.get("people");
    expect(model).toMatchObject({ primaryKey: ["a", "b"], connection: "warehouse", timezone: null });
    expect(model?.sql.split("\r\n")).toEqual(["     ", " ".repeat(19), "      select 1", "from t;"]);
  });

  it("takes a model's zone from itself, its connection, the project, in this order", async () => {
    const lake = SLUICE.replace("version: 1", "version: 1\ntimezone: UTC").replace(
      "connections:",
      "connections:\n  lake: { type: duckdb, timezone: Asia/Tokyo }",
    );
    const model = (front: string) => MODEL.replace("primary_key: id", `primary_key: id\n${front}`);
    const project = await loadSound({
      "sluice.yml": lake,
      "models/people.sql": model("connection: warehouse"),
      "models/b.sql": model("connection: lake"),
      "models/c.sql": model("connection: lake\ntimezone: Europe/Paris"),
    });
    expect([...project.models.values()].map((one) => [one.name, one.timezone])).toEqual([
      ["b", "Asia/Tokyo"],
      ["c", "Europe/Paris"],
      ["people", "UTC"],
    ]);
    expect(project.connections.get("lake")?.config).toEqual({});
  });
});

describe("a sync", () => {
  it("has the defaults of semantics.md", async () => {
    expect(await loadSync(SYNC)).toMatchObject({
      write: "upsert",
      match: [[{ field: "email", column: "email" }]],
      onAmbiguous: "reject",
      onDuplicateMatch: { policy: "reject" },
      onMissingRecord: "rematch",
      onRemoved: { kind: "none" },
      onRemovedAdopted: { kind: "none" },
      fields: [{ field: "email", from: { column: "email" }, onNull: "clear_ours", onBlank: "as_null" }],
      guards: {
        removed: { rows: 5, share: 0.05, max: 500 },
        empty: { rows: 0, share: null, max: null },
        changed: { rows: 500, share: 0.3, max: null },
        cleared: { rows: 20, share: 0.02, max: null },
        created: { rows: null, share: null, max: 1000 },
        failed: { rows: 200, share: 0.2, max: null },
      },
      tolerate: { rejectedShare: 0, codes: [] },
      onMappingChange: "backfill",
      alerts: null,
      onSuccess: null,
      schedule: null,
      hooks: { before: [], after: [] },
      renamedFrom: null,
      sendTogether: [],
      priority: "normal",
    });
  });

  it.each(["high", "low"])("is of %s priority where its file says so", async (priority) => {
    expect((await loadSync(`${SYNC}priority: ${priority}\n`)).priority).toBe(priority);
  });

  it.each([
    ["update", "skip"],
    ["insert", "skip"],
    ["upsert", "rematch"],
  ])("with write: %s does %s about a missing record (S6)", async (write, wanted) => {
    expect((await loadSync(`${SYNC}write: ${write}\n`)).onMissingRecord).toBe(wanted);
  });

  it.each([
    ["on_removed: archive", { kind: "archive" }, { kind: "none" }],
    ["on_removed: archive\non_removed_adopted: archive", { kind: "archive" }, { kind: "archive" }],
    ["on_removed: clear", { kind: "clear" }, { kind: "clear" }],
    [
      "on_removed: { set: { a: 007 } }\non_removed_adopted: none",
      { kind: "set", fields: { a: "7" } },
      { kind: "none" },
    ],
  ])("with %s archives nothing it did not create unless told (S12)", async (text, removed, adopted) => {
    expect(await loadSync(`${SYNC}${text}\n`)).toMatchObject({ onRemoved: removed, onRemovedAdopted: adopted });
  });

  it.each([
    ["9007199254740993", "9007199254740993"],
    ["-0.10", "-0.10"],
    [".5", "0.5"],
    ["1e3", "1e3"],
    ["0x1F", "31"],
    ["true", "true"],
    ["2024-01-31", "2024-01-31"],
    ['""', ""],
    ['"a${var:word}b$${c}"', "aonebhi".replace("hi", "${c}")],
    ['"${var:big}"', "90071992547409931"],
    ['"${env:HUBSPOT_TOKEN}"', "pat-canary-4711"],
  ])("writes the constant %s as exactly %s", async (yaml, wanted) => {
    const sluice = `${SLUICE}vars: { word: one, big: 90071992547409931 }\n`;
    const sync = await loadSync(`${SYNC}  constant: { value: ${yaml} }\n`, { "sluice.yml": sluice });
    expect(sync.fields[1]?.from).toEqual({ value: wanted });
  });

  it.each([
    ["off", { removed: null, created: null, failed: null }],
    ["{ removed: off }", { removed: null, created: { rows: null, share: null, max: 1000 } }],
    ["{ created: 50 }", { created: { rows: null, share: null, max: 50 } }],
    ["{ changed: 30% }", { changed: { rows: 500, share: 0.3, max: null } }],
    ["{ removed: 20% }", { removed: { rows: 5, share: 0.2, max: null } }],
    ["{ removed: { max: 9000 } }", { removed: { rows: 5, share: 0.05, max: 9000 } }],
    ["{ removed: { max: off, share: 0.5 } }", { removed: { rows: 5, share: 0.5, max: null } }],
  ])("guards: %s (S22)", async (text, wanted) => {
    expect((await loadSync(`${SYNC}guards: ${text}\n`)).guards).toMatchObject(wanted);
  });

  it("takes over defaults, then its base, then itself; maps entry by entry", async () => {
    const files = {
      "sluice.yml": `${SLUICE}defaults: { owner: ops, on_null: write, guards: { removed: 10%, created: 7 } }\n`,
      "syncs/_crm.yml":
        "description: base\ntags: [crm]\nowner: base\nguards: { created: 8 }\nfields: { city: town, email: mail }\n",
    };
    const text = `${SYNC}extends: _crm.yml\nguards: { failed: off }\n`;
    const sync = await loadSync(text, files);
    expect(sync).toMatchObject({ description: null, owner: "base", tags: ["crm"] });
    expect(sync.guards).toMatchObject({ removed: { share: 0.1 }, created: { max: 8 }, failed: null });
    expect(sync.fields.map(({ field, from, onNull }) => [field, from, onNull])).toEqual([
      ["city", { column: "town" }, "write"],
      ["email", { column: "email" }, "write"],
    ]);
    expect(sync.source.locate(["fields", "city"])).toEqual({ line: 6, column: 10 });
    expect(sync.source.locate(["fields", "email", "column"])).toEqual({ line: 5, column: 10 });
    expect(sync.source.locate(["fields", "email"], "key")).toEqual({ line: 5, column: 3 });
    expect(sync.source.locate(["match", 0, "email"])).toEqual({ line: 3, column: 17 });
  });

  it("finds its base in the own folder first, then in syncs/", async () => {
    const project = await loadSound({
      "syncs/_crm.yml": "owner: top\n",
      "syncs/a/_crm.yml": "owner: near\n",
      "syncs/a/one.yml": `${SYNC}extends: _crm.yml\n`,
      "syncs/b/two.yml": `${SYNC}extends: _crm.yml\n`,
    });
    expect([project.syncs.get("one")?.owner, project.syncs.get("two")?.owner]).toEqual(["near", "top"]);
  });
});

describe("configHash", () => {
  const hashOf = async (text: string) => (await loadSync(text)).configHash;

  it("stays for words and limits, moves for everything that decides what is sent", async () => {
    const first = await hashOf(SYNC);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    for (const same of [
      "description: x",
      "tags: [a]",
      "owner: x",
      "guards: off",
      "schedule: { every: 5m }",
      "on_null: clear_ours",
    ]) {
      expect(await hashOf(`${SYNC}${same}\n`), same).toBe(first);
    }
    for (const other of [
      "write: update",
      "on_removed: archive",
      "on_null: skip",
      "send_together: [[email, email]]",
      "  city: town",
    ]) {
      expect(await hashOf(`${SYNC}${other}\n`), other).not.toBe(first);
    }
    expect(await hashOf(SYNC.replace("contacts", "companies"))).not.toBe(first);
  });

  it("does not depend on the order of fields", async () => {
    const [a, b] = [`${SYNC}  city: town\n`, SYNC.replace("  email", "  city: town\n  email")];
    expect(await hashOf(a)).toBe(await hashOf(b));
    expect(createHash("sha256").update(a).digest("hex")).not.toBe(createHash("sha256").update(b).digest("hex"));
  });
});

const ENVIRONMENTS = `version: 1
connections:
  warehouse: { type: duckdb }
  crm: { type: hubspot, access_token: "\${env:HUBSPOT_TOKEN}", page_size: "\${env:PAGE}" }
vars: { who: prod }
environments:
  prod: {}
  test:
    schedules: off
    vars: { who: test }
    connections: { crm: { access_token: sandbox, base_url: "http://127.0.0.1:4010" } }
`;
const env = { HUBSPOT_TOKEN: "pat-canary-4711", PAGE: "50" };

describe("environments", () => {
  const files = { "sluice.yml": ENVIRONMENTS, "models/people.sql": `${MODEL} where who = \${var:who}` };

  it("start with the default, whose state lies directly in .sluice/", async () => {
    const project = await loadSound(files, { env });
    expect(project).toMatchObject({ environment: "prod", secrets: ["pat-canary-4711"] });
    expect(project.connections.get("crm")?.config).toEqual({ access_token: "pat-canary-4711", page_size: 50 });
    expect([project.workDir, project.stateFile]).toEqual([
      join(project.dir, ".sluice"),
      join(project.dir, ".sluice/state.db"),
    ]);
    expect(project.models.get("people")?.sql).toContain("where who = 'prod'");
  });

  it("overlay connections, vars and schedules, and keep their own state", async () => {
    const syncs = { "syncs/people.yml": `${SYNC}schedule: { every: 5m }\n` };
    const project = await loadSound({ ...files, ...syncs }, { env, environment: "test" });
    expect(project).toMatchObject({ environment: "test", secrets: [] });
    expect(project.connections.get("crm")?.config).toEqual({
      access_token: "sandbox",
      base_url: "http://127.0.0.1:4010",
      page_size: 50,
    });
    expect([project.workDir, project.stateFile]).toEqual([
      join(project.dir, ".sluice/test"),
      join(project.dir, ".sluice/test/state.db"),
    ]);
    expect(project.models.get("people")?.sql).toContain("where who = 'test'");
    const loaded = await load({ ...files, ...syncs }, { env, environment: "test" });
    expect(loaded.problems).toEqual([]);
  });

  it("never share a state file unless they say so themselves", async () => {
    const at = async (state: string, overlay: string) => {
      const text = `${ENVIRONMENTS.replace("    schedules: off", `    schedules: off\n${overlay}`)}state: { url: "${state}" }\n`;
      const project = await loadSound({ "sluice.yml": text }, { env, environment: "test" });
      return project.stateFile.replace(project.dir, ".");
    };
    expect(await at("sqlite:db/main.db", "")).toBe("./db/test/main.db");
    expect(await at("sqlite:/var/lib/main.db", "")).toBe("/var/lib/test/main.db");
    expect(await at("sqlite:db/main.db", '    state: { url: "sqlite:other.db" }')).toBe("./other.db");
  });

  it("refuse a name that is not there", async () => {
    const folder = await writeFolder({ "sluice.yml": ENVIRONMENTS });
    try {
      await expect(loadFolder(folder.dir, { env, environment: "tset" })).rejects.toMatchObject({
        code: "USAGE",
        fix: 'did you mean "test"?',
      });
    } finally {
      await folder.remove();
    }
  });
});

describe("references", () => {
  it("read files without their last line break, and hand every secret to the redactor", async () => {
    const sluice = `version: 1
connections:
  warehouse: { type: duckdb }
  crm: { type: hubspot, access_token: "Bearer \${file:token.txt}" }
`;
    const project = await loadSound({ "sluice.yml": sluice, "token.txt": "s3cret\n" });
    expect(project.connections.get("crm")?.config["access_token"]).toBe("Bearer s3cret");
    expect(project.secrets).toEqual(["s3cret", "Bearer s3cret"]);
  });

  it("cannot smuggle a literal secret through a var", async () => {
    const sluice = `${SLUICE.replace("${env:HUBSPOT_TOKEN}", "${var:token}")}vars: { token: literal }\n`;
    const loaded = await load({ "sluice.yml": sluice });
    expect(loaded.problems.map((one) => one.code)).toEqual(["SECRET_LITERAL"]);
  });

  it("are missing when the variable is empty, and say so once", async () => {
    const loaded = await load({}, { env: { HUBSPOT_TOKEN: "" } });
    expect(loaded.problems.map((one) => one.message)).toEqual([
      'connection "crm": the environment variable HUBSPOT_TOKEN is empty',
    ]);
  });
});
