// Rules of limits and faults: what every client sees of them, set while the sandbox runs.
import { expect } from "vitest";
import { EXTERNAL_ID, type Rule } from "./rules.ts";

const busy = (status: number, errorCode: string) => ({ status, body: [{ errorCode, message: "slow down" }] });

export const TROUBLE_RULES: readonly Rule[] = [
  {
    rule: "a spent day refuses every call with REQUEST_LIMIT_EXCEEDED and applies nothing, until there is more",
    async proof(client, sandbox) {
      await sandbox.setUp("limits", { daily: 10, used: 10 });
      for (const _ of [1, 2]) {
        const refused = await client.create("Contact", [{ LastName: "A" }]);
        expect(refused.error).toMatchObject({ errorCode: "REQUEST_LIMIT_EXCEEDED" });
        expect(refused.error?.message).toContain("TotalRequests");
      }
      await sandbox.setUp("limits", { daily: 11 });
      expect((await client.create("Contact", [{ LastName: "B" }])).error).toBeNull();
      expect((await sandbox.dump("Contact")).map(({ LastName }) => LastName)).toEqual(["B"]);
    },
  },
  {
    rule: "a storm strikes as many calls as it is told, then all is as before; none of them is applied",
    async proof(client, sandbox) {
      await sandbox.fault(busy(429, "TOO_MANY_REQUESTS"), { method: "POST" });
      await sandbox.fault(busy(503, "SERVER_UNAVAILABLE"), { method: "POST" }, { times: 2 });
      const seen = [];
      for (const name of ["A", "B", "C", "D"]) {
        const { error } = await client.create("Contact", [{ LastName: name }]);
        seen.push(error?.errorCode ?? "ok");
      }
      expect(seen).toEqual(["TOO_MANY_REQUESTS", "SERVER_UNAVAILABLE", "SERVER_UNAVAILABLE", "ok"]);
      expect((await sandbox.dump("Contact")).map(({ LastName }) => LastName)).toEqual(["D"]);
      const statuses = (await sandbox.requests()).filter(({ path }) => path.includes("composite"));
      expect(statuses.map(({ status }) => status)).toEqual([429, 503, 503, 200]);
    },
  },
  {
    rule: "a reply that is lost fails the client though the record is there; the upsert sent again finds it",
    async proof(client, sandbox) {
      await sandbox.fields("Contact", EXTERNAL_ID);
      const row = [{ Ext__c: "1", LastName: "A" }];
      await sandbox.fault("lost_reply", { method: "PATCH" });
      await expect(client.upsert("Contact", "Ext__c", row)).rejects.toThrow();
      expect(await sandbox.dump("Contact")).toHaveLength(1);
      expect((await client.upsert("Contact", "Ext__c", row)).body[0]?.created).toBe(false);
      expect(await sandbox.dump("Contact")).toHaveLength(1);
    },
  },
];
