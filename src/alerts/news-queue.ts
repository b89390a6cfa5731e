import { whatOf } from "./choose-news.ts";
import { type News, subjectOf } from "./news.ts";

/** News that wait for one alert's next message. */
export type NewsQueue = {
  readonly isEmpty: boolean;
  /** The same of the same subject, twice in a row, is kept once. */
  readonly push: (news: News) => void;
  /** Empties it. `leftOut`: so many more came than it may hold. */
  readonly take: () => { readonly news: readonly News[]; readonly leftOut: number };
  /** What was taken and did not get across; it comes before what came since. */
  readonly putBack: (news: readonly News[], leftOut: number) => void;
};

/** Holds up to `most` news beside one success a sync, which is told only to whom something else was told. */
export function openNewsQueue(most: number): NewsQueue {
  let kept: News[] = [];
  let heavy = 0;
  let leftOut = 0;
  /** By subject, also of what is left out. */
  let last = new Map<string, string>();
  const add = (news: News): void => {
    const subject = subjectOf(news);
    const what = whatOf(news);
    if (last.get(subject) === what) return;
    last.set(subject, what);
    if (news.event !== "succeeded") {
      if (heavy >= most) {
        leftOut += 1;
        return;
      }
      heavy += 1;
    }
    kept.push(news);
  };
  const clear = (): void => {
    kept = [];
    heavy = 0;
    leftOut = 0;
    last = new Map();
  };
  return {
    get isEmpty() {
      return kept.length === 0;
    },
    push: add,
    take: () => {
      const taken = { news: kept, leftOut };
      clear();
      return taken;
    },
    putBack: (news, more) => {
      const since = { news: kept, leftOut };
      clear();
      for (const one of [...news, ...since.news]) add(one);
      leftOut += more + since.leftOut;
    },
  };
}
