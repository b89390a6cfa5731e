// Proves how one message travels: signed, to the address that was checked, twice at most, no redirect, an end to every wait, and
// no word of the URL when it fails.
import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { type Parcel, sendParcel as sendOne } from "../../../src/alerts/send-parcel.ts";
import { receiverMaker } from "./receiver.ts";
import { NEVER, type Tools, testTools } from "./samples.ts";

const newReceiver = receiverMaker();

/** null once it got across, else why it did not. */
async function sendParcel(parcel: Parcel, tools: Tools, signal: AbortSignal): Promise<string | null> {
  const posted = await sendOne(parcel, tools, signal);
  return posted.ok ? null : posted.why;
}

const parcelTo = (url: string, patch: { secret?: string; allowsPrivate?: boolean; readsAnswer?: boolean } = {}) => ({
  endpoint: { url, secret: patch.secret ?? null, allowsPrivate: patch.allowsPrivate ?? false },
  id: "message-1",
  body: `{"ünï":"cödé"}`,
  readsAnswer: patch.readsAnswer ?? false,
});

it("signs the bytes that it sends", async () => {
  const receiver = await newReceiver();
  expect(await sendParcel(parcelTo(receiver.url, { secret: "s3cret" }), testTools(), NEVER)).toBeNull();
  const [got] = receiver.got;
  const signature = createHmac("sha256", "s3cret")
    .update(got?.text ?? "", "utf8")
    .digest("hex");
  expect(got).toMatchObject({
    path: "/hook",
    text: `{"ünï":"cödé"}`,
    headers: {
      host: `127.0.0.1:${receiver.port}`,
      "content-type": "application/json",
      "x-sluice-delivery": "message-1",
      "x-sluice-signature": `sha256=${signature}`,
    },
  });
});

it("sends no signature where there is no secret", async () => {
  const receiver = await newReceiver();
  await sendParcel(parcelTo(receiver.url), testTools(), NEVER);
  expect(receiver.got[0]?.headers).not.toHaveProperty("x-sluice-signature");
});

it("asks for a name once, and goes where it was led then: a second answer is never heard", async () => {
  const receiver = await newReceiver();
  const asked: string[] = [];
  const tools = testTools((host) => {
    asked.push(host);
    return asked.length === 1 ? ["127.0.0.1"] : ["169.254.169.254"];
  });
  receiver.answer = (response, nth) => response.writeHead(nth === 1 ? 503 : 200).end();
  const parcel = parcelTo(`http://hooks.internal:${receiver.port}/hook`, { allowsPrivate: true });
  expect(await sendParcel(parcel, tools, NEVER)).toBeNull();
  expect(asked).toEqual(["hooks.internal"]);
  expect(receiver.got.map(({ headers }) => headers.host)).toEqual([
    `hooks.internal:${receiver.port}`,
    `hooks.internal:${receiver.port}`,
  ]);
});

it.each([500, 503, 429])("tries a second time after %i, the same message, and no third time", async (status) => {
  const receiver = await newReceiver();
  receiver.answer = (response) => response.writeHead(status).end();
  const tools = testTools();
  expect(await sendParcel(parcelTo(receiver.url), tools, NEVER)).toBe(`it answered ${status}`);
  expect(receiver.got.map(({ headers }) => headers["x-sluice-delivery"])).toEqual(["message-1", "message-1"]);
  expect(tools.slept).toEqual([1_000]);
});

it("does not try again what was refused, and tells why where the answer says it", async () => {
  const receiver = await newReceiver();
  receiver.answer = (response) => response.writeHead(404).end("no_service");
  expect(await sendParcel(parcelTo(receiver.url, { readsAnswer: true }), testTools(), NEVER)).toBe(
    "it answered 404: no_service",
  );
  expect(await sendParcel(parcelTo(receiver.url), testTools(), NEVER)).toBe("it answered 404");
  expect(receiver.got).toHaveLength(2);
});

it.each([301, 302, 307, 308])("does not follow a redirect (%i)", async (status) => {
  const [receiver, elsewhere] = [await newReceiver(), await newReceiver()];
  receiver.answer = (response) => response.writeHead(status, { location: elsewhere.url }).end();
  expect(await sendParcel(parcelTo(receiver.url), testTools(), NEVER)).toContain("redirect");
  expect(receiver.got).toHaveLength(1);
  expect(elsewhere.got).toEqual([]);
});

it("takes the status for the answer: a body without end is not waited for", async () => {
  const receiver = await newReceiver();
  receiver.answer = (response) => response.writeHead(200).write("and so on");
  expect(await sendParcel(parcelTo(receiver.url), testTools(), NEVER)).toBeNull();
});

it("reads no more than a kilobyte of a refusal", async () => {
  const receiver = await newReceiver();
  receiver.answer = (response) => {
    response.writeHead(400);
    const more = (): void => {
      if (!response.destroyed) response.write("x".repeat(100_000), () => setImmediate(more));
    };
    more();
  };
  const why = await sendParcel(parcelTo(receiver.url, { readsAnswer: true }), testTools(), NEVER);
  expect(why).toHaveLength("it answered 400: ".length + 1_024);
});

it("ends with its signal, whether nothing is answered or half a head", async () => {
  for (const begin of ["", "HTTP/1.1 20"]) {
    const receiver = await newReceiver();
    const stop = new AbortController();
    receiver.answer = (response) => {
      response.socket?.write(begin);
      setImmediate(() => stop.abort());
    };
    expect(await sendParcel(parcelTo(receiver.url), testTools(), stop.signal)).toContain("ABORT");
    expect(receiver.got).toHaveLength(1);
  }
});

it("says that nobody listens, or that the connection broke, without a word of the URL", async () => {
  const receiver = await newReceiver();
  receiver.answer = (response) => response.socket?.destroy();
  const broken = await sendParcel(parcelTo(receiver.url), testTools(), NEVER);
  expect(broken).toBe("the connection failed (ECONNRESET)");
  expect(receiver.got).toHaveLength(2);
  const refused = await sendParcel(parcelTo("http://127.0.0.1:9/T000/B000/token"), testTools(), NEVER);
  expect(refused).toBe("the connection failed (ECONNREFUSED)");
});

it("says that a name does not resolve", async () => {
  const tools = testTools(() => {
    throw new Error("queryA ENOTFOUND hooks.example.com");
  });
  expect(await sendParcel(parcelTo("https://hooks.example.com/x"), tools, NEVER)).toBe(
    "its host name does not resolve",
  );
});
