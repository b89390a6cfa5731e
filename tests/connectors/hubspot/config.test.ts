// Proves which connections are taken, that the token is marked secret, and that the definition alone loads no client.
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { hubspotConfig } from "../../../connectors/hubspot/config.ts";

test.each([
  [{ access_token: "t" }, true],
  [{ access_token: "t", base_url: "https://api.hubapi.com" }, true],
  [{ access_token: "t", base_url: "http://127.0.0.1:4010" }, true],
  [{ access_token: "t", base_url: "http://localhost:4010" }, true],
  [{ access_token: "t", base_url: "http://[::1]:4010" }, true],
  [{ access_token: "t", base_url: "http://api.hubapi.com" }, false],
  [{ access_token: "t", base_url: "http://127.0.0.1.evil.example" }, false],
  [{ access_token: "t", base_url: "ftp://127.0.0.1" }, false],
  [{ access_token: "t", base_url: "here" }, false],
  [{ access_token: "" }, false],
  [{}, false],
  [{ access_token: "t", acess_token: "t" }, false],
])("%j", (config, expected) => {
  expect(hubspotConfig.safeParse(config).success).toBe(expected);
});

test("the token is a secret, the address is not", () => {
  expect(hubspotConfig.shape.access_token.meta()).toMatchObject({ secret: true });
  expect(hubspotConfig.shape.base_url.meta()?.secret).toBeUndefined();
});

test("importing the list of connectors loads no vendor client", () => {
  const script = `
    import "./connectors/index.ts";
    import { createRequire } from "node:module";
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    process.stdout.write(String(loaded.filter((file) => file.includes("@hubspot")).length));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
    encoding: "utf8",
  });
  expect(stderr).toBe("");
  expect(stdout).toBe("0");
});
