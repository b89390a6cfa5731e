import { type IncomingHttpHeaders, request } from "node:http";

export type SeenEvent = {
  readonly id: string;
  readonly kind: string;
  readonly detail: Readonly<Record<string, unknown>>;
};

export type Followed = {
  readonly headers: IncomingHttpHeaders;
  readonly events: readonly SeenEvent[];
  /** Every byte as it came. */
  readonly text: () => string;
  readonly close: () => void;
};

/** Reads server-sent events over a socket until it is closed; resolves once the stream is open. */
export function followEvents(url: string, path: string, key: string, lastId?: string): Promise<Followed> {
  const { hostname, port } = new URL(url);
  const headers = { authorization: `Bearer ${key}`, ...(lastId === undefined ? {} : { "last-event-id": lastId }) };
  return new Promise((resolve, reject) => {
    const call = request({ hostname, port, path, headers, agent: false }, (answer) => {
      const events: SeenEvent[] = [];
      let got = "";
      let read = 0;
      answer.setEncoding("utf8").on("data", (part: string) => {
        got += part;
        for (let end = got.indexOf("\n\n", read); end >= 0; end = got.indexOf("\n\n", read)) {
          const event = eventOf(got.slice(read, end));
          if (event !== null) events.push(event);
          read = end + 2;
        }
      });
      // The reader itself hangs up.
      answer.on("error", () => undefined);
      resolve({ headers: answer.headers, events, text: () => got, close: () => call.destroy() });
    });
    call.on("error", reject);
    call.end();
  });
}

function eventOf(block: string): SeenEvent | null {
  const lines = new Map(block.split("\n").map((line) => [line.split(": ")[0], line.slice(line.indexOf(": ") + 2)]));
  const [id, kind, detail] = [lines.get("id"), lines.get("event"), lines.get("data")];
  if (id === undefined || kind === undefined || detail === undefined) return null;
  return { id, kind, detail: JSON.parse(detail) as SeenEvent["detail"] };
}
