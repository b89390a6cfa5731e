// Proves that a socket's or client's error becomes one named trouble with a sentence for people.
import { expect, test } from "vitest";
import { readTrouble, unreachable } from "../../../src/kit/transport-trouble.ts";

function failure(code: string): Error {
  return Object.assign(new Error(`failed: ${code}`), { code });
}

test.each([
  ["ENOTFOUND", "DNS"],
  ["EAI_AGAIN", "DNS"],
  ["ECONNREFUSED", "REFUSED"],
  ["CERT_HAS_EXPIRED", "TLS"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", "TLS"],
  ["ECONNRESET", "RESET"],
  ["EPIPE", "RESET"],
  ["ERR_STREAM_PREMATURE_CLOSE", "RESET"],
  ["ETIMEDOUT", "TIMEOUT"],
])("%s is %s", (code, expected) => {
  expect(readTrouble(failure(code), false)).toMatchObject({ code: expected, sent: false });
  expect(readTrouble(new Error("wrapped", { cause: failure(code) }), true)).toMatchObject({
    code: expected,
    sent: true,
  });
});

test("what has no code keeps its words", () => {
  expect(readTrouble(new Error("odd"), true)).toMatchObject({ code: "NETWORK", reason: "odd" });
  expect(readTrouble("odd", true)).toMatchObject({ code: "NETWORK", reason: "odd" });
});

test("a call about no row ends in a fault that may be tried again", () => {
  const fault = unreachable("checking api.example", readTrouble(failure("ECONNREFUSED"), false));
  expect(fault.code).toBe("DESTINATION_UNREACHABLE");
  expect(fault.rule.retry).toBe("transient");
  expect(fault.message).toBe("checking api.example: the connection was refused (ECONNREFUSED)");
});
