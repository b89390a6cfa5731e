// Proves how a sync's hooks are read: addresses and keys are references, the short form of dbt Cloud is the long one, what is missing
// on this machine only warns, and none of it decides what is sent.
import { describe, expect, it } from "vitest";
import type { Sync } from "../../../src/contract/project.ts";
import { ENV, loadSound, loadSync, SYNC, shown } from "./project-folder.ts";

const env = { ...ENV, URL: "https://hooks.example.com/start/canary-path", KEY: "key-canary", STAGE: "prod" };
const withHooks = (hooks: string) => ({ "syncs/people.yml": `${SYNC}hooks:\n${hooks}` });
const problemsOf = (hooks: string) => shown(withHooks(hooks), { env });

async function read(hooks: string): Promise<{ sync: Sync; secrets: readonly string[] }> {
  const { syncs, secrets } = await loadSound(withHooks(hooks), { env });
  const sync = syncs.get("people");
  if (sync === undefined) throw new Error("the sync is missing");
  return { sync, secrets };
}

describe("hooks", () => {
  it("are read in order, with their references in place", async () => {
    const { sync, secrets } = await read(
      `  before:
    - webhook: https://bi.example.com/refresh
      headers: { Authorization: "Bearer \${env:KEY}", X-Stage: "\${env:STAGE}" }
      body: { stage: "\${env:STAGE}", full: true, list: ["a", 1] }
      wait_for: { url: "https://bi.example.com/runs/{id}?all=1", id: data.id, status: data.status, success: [10, done], headers: { Authorization: "Bearer \${env:KEY}" } }
  after:
    - { webhook: "\${env:URL}", secret: "\${env:KEY}", method: POST }
`.replace("?all=1", ""),
    );
    expect(sync.hooks).toEqual({
      before: [
        {
          label: "hooks.before[1]",
          call: {
            endpoint: { url: "https://bi.example.com/refresh", secret: null, allowsPrivate: false },
            headers: { authorization: "Bearer key-canary", "x-stage": "prod" },
            body: '{"stage":"prod","full":true,"list":["a",1]}',
            wait: {
              endpoint: { url: "https://bi.example.com/runs/{id}", secret: null, allowsPrivate: false },
              headers: { authorization: "Bearer key-canary" },
              idPath: ["data", "id"],
              statusPath: ["data", "status"],
              success: ["10", "done"],
              failure: [],
              everyMs: 10_000,
              timeoutMs: 3_600_000,
            },
          },
        },
      ],
      after: [
        {
          label: "hooks.after[1]",
          call: {
            endpoint: { url: env.URL, secret: "key-canary", allowsPrivate: false },
            headers: {},
            body: null,
            wait: null,
          },
        },
      ],
    });
    expect(secrets).toEqual(expect.arrayContaining(["key-canary", env.URL]));
    expect(secrets).not.toContain("prod");
  });

  it("start a job of dbt Cloud by its short form", async () => {
    const { sync, secrets } = await read(
      `  before: [{ dbt_cloud: { account: 1, job: 2, token: "\${env:KEY}", host: ab123.us1.dbt.com, timeout: 2h } }]\n`,
    );
    const root = "https://ab123.us1.dbt.com/api/v2/accounts/1";
    const headers = { authorization: "Token key-canary" };
    expect(sync.hooks.before).toEqual([
      {
        label: "dbt Cloud job 2",
        call: {
          endpoint: { url: `${root}/jobs/2/run/`, secret: null, allowsPrivate: false },
          headers,
          body: '{"cause":"sluice people"}',
          wait: {
            endpoint: { url: `${root}/runs/{id}/`, secret: null, allowsPrivate: false },
            headers,
            idPath: ["data", "id"],
            statusPath: ["data", "status"],
            success: ["10"],
            failure: ["20", "30"],
            everyMs: 10_000,
            timeoutMs: 7_200_000,
          },
        },
      },
    ]);
    expect(secrets).toContain("key-canary");
  });

  it("do not decide what is sent", async () => {
    const { sync } = await read(`  after: [{ webhook: "http://127.0.0.1:9/x" }]\n`);
    expect(sync.configHash).toBe((await loadSync(SYNC)).configHash);
    expect((await loadSync(SYNC)).hooks).toEqual({ before: [], after: [] });
  });

  it.each([
    [
      "addresses and keys that are written out",
      `  before:
    - webhook: https://bi.example.com/refresh
    - { webhook: "https://bi.example.com/?key=1", secret: "\${env:KEY}" }
    - { webhook: "\${env:URL}", secret: canary, headers: { X-Api-Key: canary } }
    - { dbt_cloud: { account: 1, job: 2, token: canary } }
`,
      [
        'syncs/people.yml:8:16 SECRET_LITERAL hooks.before[1]: its webhook may be a secret and must not stand in the file | write "${env:NAME}" or "${file:PATH}", or give the key in a header or by secret: and leave ? and @ out',
        'syncs/people.yml:9:18 SECRET_LITERAL hooks.before[2]: its webhook may be a secret and must not stand in the file | write "${env:NAME}" or "${file:PATH}", or give the key in a header or by secret: and leave ? and @ out',
        'syncs/people.yml:10:40 SECRET_LITERAL hooks.before[3]: its secret is a secret and must not stand in the file | write "${env:NAME}" or "${file:PATH}"',
        'syncs/people.yml:10:70 SECRET_LITERAL hooks.before[3]: its header X-Api-Key is a secret and must not stand in the file | write "${env:NAME}" or "${file:PATH}"',
        'syncs/people.yml:11:49 SECRET_LITERAL hooks.before[4]: its token is a secret and must not stand in the file | write "${env:NAME}" or "${file:PATH}"',
      ],
    ],
    [
      "addresses that no hook may lead to",
      `  before:
    - { webhook: "https://10.0.0.1/x", secret: "\${env:KEY}" }
    - { webhook: "http://bi.example.com/x", secret: "\${env:KEY}" }
    - { webhook: "\${env:URL}", wait_for: { url: "https://{id}.example.com/", id: a, status: b, success: [c] } }
`,
      [
        "syncs/people.yml:8:18 WRONG_VALUE hooks.before[1]: its webhook must not lead to a private address without allow_private: true",
        "syncs/people.yml:9:18 WRONG_VALUE hooks.before[2]: its webhook must be https: only this machine, and with allow_private: true a private network, may do without",
        "syncs/people.yml:10:49 WRONG_VALUE hooks.before[3]: its wait_for.url must have {id} in its path or its query alone",
      ],
    ],
    [
      "a wait that does not fit together",
      `  after:
    - { webhook: "\${env:URL}", wait_for: { url: "https://x.example/{id}", status: b, success: [c] } }
    - { webhook: "\${env:URL}", wait_for: { url: "https://x.example/", id: a, status: b, success: [1], failure: ["1"] } }
`,
      [
        "syncs/people.yml:8:49 WRONG_VALUE hooks.after[1]: its wait_for.url has {id}, and nothing says where the id stands | add id: data.id",
        "syncs/people.yml:9:75 WRONG_VALUE hooks.after[2]: its wait_for.url has no {id} | write {id} where the id belongs, or remove id",
        'syncs/people.yml:9:112 WRONG_VALUE hooks.after[2]: the state "1" is both success and failure | remove it from one of them',
      ],
    ],
    [
      "keys and values that there are not",
      `  before:
    - { webhook: "\${env:URL}", metod: POST }
    - { webhook: "\${env:URL}", headers: { Host: evil.example } }
    - { dbt_cloud: { account: 1, job: 2, token: "\${env:KEY}", host: "evil.example/x" } }
`,
      [
        'syncs/people.yml:8:32 UNKNOWN_KEY unknown key "metod" in hooks.before[1] | did you mean "method"? POST.',
        'syncs/people.yml:9:43 WRONG_NAME "Host" cannot be used as a name: must be the name of a header, and none that the call sets itself',
        "syncs/people.yml:10:69 WRONG_VALUE hooks.before[3].dbt_cloud.host must be a host name, such as cloud.getdbt.com",
      ],
    ],
  ])("say what is wrong: %s", async (_, hooks, wanted) => {
    expect(await problemsOf(hooks)).toEqual(wanted);
  });

  it("only warn of what is missing here, and cannot be called then", async () => {
    const hooks = `  before:
    - { webhook: "\${env:NOT_THERE}" }
    - { webhook: "\${env:URL}", headers: { A: "\${env:NOT_THERE}" } }
    - { webhook: "\${env:KEY}" }
`;
    const said = "the environment variable NOT_THERE is not set; the service cannot call it here";
    expect(await problemsOf(hooks)).toEqual([
      `syncs/people.yml:8:18 warning ENV_MISSING hooks.before[1]: ${said} | set it: export NOT_THERE=…`,
      `syncs/people.yml:9:46 warning ENV_MISSING hooks.before[2]: ${said} | set it: export NOT_THERE=…`,
      "syncs/people.yml:10:18 warning WRONG_VALUE hooks.before[3]: its webhook must be a URL, such as https://example.com/hook",
    ]);
    const { sync } = await read(hooks);
    expect(sync.hooks.before.map(({ call }) => call)).toEqual([null, null, null]);
  });
});
