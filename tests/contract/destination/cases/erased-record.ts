// Proves that a person's record can be let go of for good, again and again, and that nobody else's goes with it (S27).
import { expect } from "vitest";
import { type Case, create, idsOf, keyed, quiet, valuesOf } from "../subject.ts";

export const erasedRecord: readonly Case[] = [
  {
    title: "a record of somebody who is to be forgotten goes, says how, and repeating it does no harm (S27)",
    run: async (subject) => {
      const { destination, object, fields } = subject;
      const [id = ""] = idsOf(await create(subject, [keyed(subject, "K1"), keyed(subject, "K2")]));
      const { erasure } = destination;
      expect(erasure?.terms(object)).toEqual({
        word: expect.stringMatching(/^(erased|archived|deleted)$/),
        remark: expect.stringMatching(/block list|days/),
      });
      for (let time = 0; time < 2; time++) {
        const reply = await erasure?.erase(object, id, quiet);
        expect(reply).toMatchObject({ calls: expect.any(Number), outcomes: [{ kind: "applied", remoteId: id }] });
      }
      expect(await valuesOf(subject, fields.key)).toEqual(["K2"]);
    },
  },
];
