import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";
import { connect } from "node:net";

export type Answered = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; null where it is none. */
  readonly body: Readonly<Record<string, unknown>>;
};

export type Asked = {
  /** Objects travel as JSON, texts as they are. */
  readonly body?: unknown;
  readonly headers?: OutgoingHttpHeaders;
  /** Of this machine's loopback network. */
  readonly from?: string;
};

/** One request over a real socket, with headers that fetch would not let through. */
export function ask(url: string, method: string, path: string, asked: Asked = {}): Promise<Answered> {
  const { hostname, port } = new URL(url);
  const { from = "127.0.0.1" } = asked;
  const text =
    asked.body === undefined ? null : typeof asked.body === "string" ? asked.body : JSON.stringify(asked.body);
  const headers = {
    ...(typeof asked.body === "object" ? { "content-type": "application/json" } : {}),
    ...asked.headers,
  };
  return new Promise((resolve, reject) => {
    const call = request({ hostname, port, method, path, headers, localAddress: from, agent: false }, (answer) => {
      answer.setEncoding("utf8");
      let got = "";
      answer.on("data", (part: string) => {
        got += part;
      });
      answer.on("error", reject);
      answer.on("end", () => {
        const isJson = /json/.test(answer.headers["content-type"] ?? "") && got !== "";
        const body = (isJson ? JSON.parse(got) : {}) as Readonly<Record<string, unknown>>;
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: got, body });
      });
    });
    call.on("error", reject);
    call.end(text ?? undefined);
  });
}

/** Sends bytes as they are, a piece at a time, and gives everything that comes back until the other side closes. */
export function askRaw(url: string, pieces: readonly string[], pauseMs = 0): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    let got = "";
    socket.setEncoding("utf8").on("data", (part: string) => {
      got += part;
    });
    // A server that has had enough resets the connection; what it said before counts.
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(got));
    const send = async (): Promise<void> => {
      for (const piece of pieces) {
        if (socket.destroyed) return;
        socket.write(piece);
        if (pauseMs > 0) await new Promise((wake) => setTimeout(wake, pauseMs));
      }
    };
    void send();
  });
}
