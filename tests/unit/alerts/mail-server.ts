import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { afterAll } from "vitest";

export type ReceivedMail = {
  readonly from: string;
  readonly to: readonly string[];
  /** null: nobody logged in. */
  readonly user: string | null;
  readonly isEncrypted: boolean;
  /** Names in lower case, encoded words decoded. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
};

export type MailServer = { readonly port: number; readonly got: ReceivedMail[]; readonly url: string };

/** Starts mail servers of 127.0.0.1 that end with the test file; `LOGIN` opens those that want one. */
export function mailServerMaker(): (options?: SMTPServerOptions) => Promise<MailServer> {
  const servers: SMTPServer[] = [];
  afterAll(async () => {
    await Promise.all(servers.map((server) => new Promise<void>((closed) => server.close(closed))));
  });
  return async (options = {}) => {
    const got: ReceivedMail[] = [];
    const server = new SMTPServer({
      authOptional: true,
      allowInsecureAuth: true,
      disabledCommands: ["STARTTLS"],
      disableReverseLookup: true,
      logger: false,
      closeTimeout: 0,
      onAuth: ({ username = "", password }, _, answer) => {
        if (`${username}:${password}` === LOGIN) answer(null, { user: username });
        else answer(new Error(`no such login ${username} ${password}`));
      },
      onData: (stream, session, answer) => {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => {
          const { envelope, user, secure } = session;
          const parsed = parse(Buffer.concat(chunks).toString("latin1"));
          got.push({
            from: envelope.mailFrom === false ? "" : envelope.mailFrom.address,
            to: envelope.rcptTo.map(({ address }) => address),
            user: typeof user === "string" ? user : null,
            isEncrypted: secure,
            ...parsed,
          });
          answer(null);
        });
      },
      ...options,
    });
    server.on("error", () => {}); // a client that leaves without a word
    servers.push(server);
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.server.address() as AddressInfo;
    return { port, got, url: `smtp://127.0.0.1:${port}` };
  };
}

export const LOGIN = "robot:p@ss/canary";

/** A server that speaks as the test says, and then no more. */
export function rawServerMaker(): (greet: (socket: Socket) => void) => Promise<string> {
  const closers: (() => void)[] = [];
  afterAll(() => {
    for (const close of closers) close();
  });
  return async (greet) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      greet(socket);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    closers.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
}

function parse(raw: string): Pick<ReceivedMail, "headers" | "text"> {
  const end = raw.indexOf("\r\n\r\n");
  const lines = raw
    .slice(0, end)
    .replaceAll(/\r\n[ \t]+/g, " ")
    .split("\r\n");
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), decodeWords(line.slice(colon + 1).trim())];
  });
  return { headers: Object.fromEntries(headers), text: decodeQuoted(raw.slice(end + 4)).replaceAll("\r\n", "\n") };
}

function decodeQuoted(text: string): string {
  const bytes = text
    .replaceAll("=\r\n", "")
    .replaceAll(/=([\dA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** RFC 2047. */
function decodeWords(text: string): string {
  return text
    .replaceAll(/\?=\s+=\?/g, "?==?")
    .replaceAll(/=\?utf-8\?([qb])\?([^?]*)\?=/gi, (_, kind: string, word: string) =>
      kind.toLowerCase() === "b"
        ? Buffer.from(word, "base64").toString("utf8")
        : decodeQuoted(word.replaceAll("_", " ")),
    );
}
