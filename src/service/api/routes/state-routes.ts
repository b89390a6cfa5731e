import { isAbsolute, resolve } from "node:path";
import { z } from "zod";
import { makeBackup } from "../../make-backup.ts";
import { wholeTokenNeeded } from "../refusal.ts";
import { ok, type Route, route } from "../route.ts";

const NOTHING = z.strictObject({});
const count = z.int().min(0);

export const stateRoutes: readonly Route[] = [
  route({
    ...{ method: "POST", path: "/api/v1/state/backup", tag: "state", scope: "admin", params: NOTHING, query: NOTHING },
    summary:
      "Copy state, snapshots and plans into a new folder, in a moment without a run. Starts that come meanwhile begin afterwards.",
    body: z.strictObject({
      folder: z
        .string()
        .max(1_000)
        .refine((path) => isAbsolute(path) && !path.includes("\0"), "must be an absolute path")
        .meta({ description: "Absolute, on the service's own machine, and not there yet: nothing is overwritten." }),
      wait_seconds: z
        .number()
        .min(0)
        .max(86_400)
        .default(30)
        .meta({ description: "The longest wait for runs at work to end." }),
    }),
    answers: {
      200: z.object({
        dir: z.string(),
        seconds: z.number(),
        bytes: count,
        sluice_backup: z.literal(1),
        project: z.string(),
        environment: z.string(),
        taken_at: z.iso.datetime(),
        schemas: z.object({ state: count, planner: count }),
        syncs: z.array(
          z.object({ name: z.string(), account: z.string(), object: z.string(), generation: count, rows: count }),
        ),
        files: z.array(z.object({ path: z.string(), bytes: count, sha256: z.string() })),
      }),
    },
    answer: async ({ parts, caller, body, signal }) => {
      if (caller.syncs !== null) return wholeTokenNeeded();
      const dir = resolve(body.folder);
      const made = await makeBackup(parts, dir, body.wait_seconds * 1000, signal);
      const { clock, log, state } = parts;
      log.info({ dir, seconds: made.seconds, bytes: made.bytes }, "backup made");
      await state.audit({ at: clock.now(), who: caller.name, act: "backup", sync: null, run: null, detail: dir });
      return ok(made);
    },
  }),
];
