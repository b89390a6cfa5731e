// Proves that a secret does not survive in a text, in any of the forms in which it travels.
import { expect, it } from "vitest";
import { redact } from "../../../src/core/redact.ts";

const SECRET = "pat-eu1/a b+c=";

it.each([
  ["as it is", `token ${SECRET}!`],
  ["URL-encoded", `GET /?token=${encodeURIComponent(SECRET)}&x=1`],
  ["in base64", `Authorization: Basic ${Buffer.from(SECRET).toString("base64")}`],
  ["within JSON", JSON.stringify({ token: `${SECRET}` })],
  ["twice", `${SECRET} and ${SECRET}`],
])("%s", (_, text) => {
  const clean = redact(text, [SECRET]);
  expect(clean).toContain("[secret]");
  for (const form of [SECRET, encodeURIComponent(SECRET), Buffer.from(SECRET).toString("base64")])
    expect(clean).not.toContain(form);
});

it("a longer secret is not left half standing by a shorter one that it contains", () => {
  expect(redact("key abcd-9999 end", ["abcd", "abcd-9999"])).not.toContain("9999");
});

it("texts without secrets stay, and secrets too short to be any are left alone", () => {
  expect(redact("a fine day", ["nothing", "a", ""])).toBe("a fine day");
});

it("a secret with quotes and backslashes does not survive in JSON", () => {
  const secret = 'pa"ss\\word';
  expect(redact(JSON.stringify({ said: secret, nested: [`x${secret}`] }), [secret])).not.toMatch(/pa.{1,3}ss/);
});
