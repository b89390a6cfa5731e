import type { ServerResponse } from "node:http";
import type { Answer } from "./call.ts";

/** Writes the answer out; its own headers win over `headers`. */
export function sendAnswer(response: ServerResponse, answer: Answer, headers: Readonly<Record<string, string>>): void {
  const body = bodyText(answer);
  response.writeHead(answer.status, {
    ...(body === "" ? {} : { "content-type": answer.contentType ?? "application/json;charset=utf-8" }),
    ...(answer.status === 204 ? {} : { "content-length": Buffer.byteLength(body) }),
    ...headers,
    ...answer.headers,
  });
  response.end(body);
}

function bodyText(answer: Answer): string {
  if (answer.status === 204 || answer.status === 304 || answer.body === null) return "";
  return answer.contentType === undefined ? JSON.stringify(answer.body) : String(answer.body);
}
