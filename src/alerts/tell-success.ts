import { newRunId } from "../core/run-id.ts";
import type { News } from "./news.ts";
import { sendParcel } from "./send-parcel.ts";
import { type Moment, untold } from "./tell-alert.ts";
import type { SendTools } from "./try-twice.ts";
import { successBody } from "./webhook-body.ts";

/** Calls the sync's `on_success`, where it has one and succeeded; gives what went wrong, null for nothing. Never rejects. */
export async function tellSuccess(
  news: News,
  { sender, clean, at: sentAt }: Pick<Moment, "sender" | "clean" | "at">,
  tools: SendTools,
  signal: AbortSignal,
): Promise<string | null> {
  if (news.event !== "succeeded" || news.sync.onSuccess === null) return null;
  const id = newRunId(sentAt, tools.random);
  const body = successBody(sender, news, { id, sentAt }, clean);
  const posted = await sendParcel({ endpoint: news.sync.onSuccess, id, body, readsAnswer: false }, tools, signal);
  return posted.ok ? null : `${news.sync.name}: on_success: ${signal.aborted ? untold(signal) : posted.why}`;
}
