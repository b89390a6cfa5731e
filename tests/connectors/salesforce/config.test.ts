// Proves which connections are taken, that secrets are marked, and that the definition alone loads no client.
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { salesforceConfig } from "../../../connectors/salesforce/config.ts";
import { isSecretAt, outlineOf } from "../../../src/config/schema-outline.ts";

const auth = { flow: "client_credentials", client_id: "app", client_secret: "s" };
const jwt = { flow: "jwt", client_id: "app", username: "u@acme.example", private_key: "PEM" };
const login_url = "https://acme.my.salesforce.com";

test.each([
  [{ login_url, auth }, true],
  [{ login_url, auth: jwt }, true],
  [{ login_url: "http://127.0.0.1:4020", auth }, true],
  [{ login_url: "http://acme.my.salesforce.com", auth }, false],
  [{ login_url: "http://127.0.0.1.evil.example", auth }, false],
  [{ auth }, false],
  [{ login_url }, false],
  [{ login_url, auth: { flow: "password", username: "u", password: "p" } }, false],
  [{ login_url, auth: { ...auth, username: "u" } }, false],
  [{ login_url, auth: { ...auth, client_secret: "" } }, false],
  [{ login_url, auth, api_version: "60.0" }, true],
  [{ login_url, auth, api_version: "59.0" }, false],
  [{ login_url, auth, api_version: "67" }, false],
  [{ login_url, auth, assignment_rules: "default" }, true],
  [{ login_url, auth, assignment_rules: "01Q5g000000abcdEAA" }, true],
  [{ login_url, auth, assignment_rules: "on" }, false],
  [{ login_url, auth, batch_size: 200 }, true],
  [{ login_url, auth, batch_size: 201 }, false],
  [{ login_url, auth, batch_size: 0 }, false],
  [{ login_url, auth, batchsize: 10 }, false],
])("%j", (config, expected) => {
  expect(salesforceConfig.safeParse(config).success).toBe(expected);
});

test("what is not said is version 67.0, no assignment rules and 200 records a call", () => {
  const config = salesforceConfig.parse({ login_url, auth });
  expect(config).toMatchObject({ api_version: "67.0", assignment_rules: "off", batch_size: 200 });
});

test("client secret and private key are secrets, the rest is not", () => {
  const outline = outlineOf(salesforceConfig);
  expect(isSecretAt(outline, ["auth", "client_secret"])).toBe(true);
  expect(isSecretAt(outline, ["auth", "private_key"])).toBe(true);
  expect(isSecretAt(outline, ["auth", "client_id"])).toBe(false);
  expect(isSecretAt(outline, ["login_url"])).toBe(false);
});

test("importing the list of connectors loads no vendor client", () => {
  const script = `
    import "./connectors/index.ts";
    import { createRequire } from "node:module";
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    process.stdout.write(String(loaded.filter((file) => file.includes("jsforce")).length));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(stdout).toBe("0");
});
