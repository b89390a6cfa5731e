import type { Item } from "./choose-news.ts";
import type { Sender } from "./describe-item.ts";

/** What one message tells. */
export type Bundle = {
  readonly sender: Sender;
  /** The alert's name. */
  readonly alert: string;
  readonly items: readonly Item[];
  /** So many more there were, that nobody kept. */
  readonly leftOut: number;
};

/** Two tries of one message are one message: receivers know it by its id. */
export type Stamp = { readonly id: string; readonly sentAt: number };

/** The end of a list that is longer than what is shown. */
export function moreText(more: number): string {
  return `and ${more} more`;
}
