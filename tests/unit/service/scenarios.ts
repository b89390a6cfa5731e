import { createHmac } from "node:crypto";
import { join } from "node:path";
import type { Answered } from "./ask.ts";
import type { Rig } from "./rig.ts";

export const TRIGGER_SECRET = "whsec-4711-of-the-trigger";

/** A project on which every route has something to say. */
export const SCENARIO_FILES: Readonly<Record<string, unknown>> = {
  "syncs/firms.yml": {
    model: "people",
    description: "Everybody as a company",
    owner: "ops@example.com",
    tags: ["b2b"],
    destination: { connection: "crm", object: "companies" },
    match: { customer_id: "id" },
    fields: { customer_id: "id", name: "first" },
    guards: { created: 2 },
  },
};

/** How each route of the table is called so that it answers as it should; a route that is not here fails its test. */
export const SCENARIOS: Readonly<Record<string, (rig: Rig) => Promise<Answered>>> = {
  "POST /api/v1/syncs/{name}/runs": (rig) => rig.ask("POST", "/api/v1/syncs/people/runs", { body: { wait: 30 } }),
  "GET /api/v1/runs": (rig) => rig.ask("GET", "/api/v1/runs?sync=people&plans=true&limit=5"),
  "GET /api/v1/runs/{id}": async (rig) => rig.ask("GET", `/api/v1/runs/${(await rig.run("people")).id}?wait=1`),
  "GET /api/v1/runs/{id}/rows": async (rig) => rig.ask("GET", `/api/v1/runs/${(await heldRun(rig)).id}/rows`),
  "GET /api/v1/runs/{id}/plan": async (rig) => {
    const { id } = await rig.run("firms", { action: "plan" });
    return rig.ask("GET", `/api/v1/runs/${id}/plan?limit=2`);
  },
  "POST /api/v1/runs/{id}/cancel": async (rig) => {
    // Nobody rings for it, so that it waits.
    const run = await queuedAside(rig, "firms");
    return rig.ask("POST", `/api/v1/runs/${run}/cancel`);
  },
  "POST /api/v1/runs/{id}/approve": async (rig) => rig.ask("POST", `/api/v1/runs/${(await heldRun(rig)).id}/approve`),
  "GET /api/v1/syncs": (rig) => rig.ask("GET", "/api/v1/syncs"),
  "GET /api/v1/syncs/{name}": (rig) => rig.ask("GET", "/api/v1/syncs/firms"),
  "POST /api/v1/syncs/{name}/pause": (rig) => rig.ask("POST", "/api/v1/syncs/people/pause"),
  "POST /api/v1/syncs/{name}/resume": (rig) => rig.ask("POST", "/api/v1/syncs/people/resume"),
  "GET /api/v1/syncs/{name}/rows/{key}": async (rig) => {
    await rig.run("people");
    return rig.ask("GET", "/api/v1/syncs/people/rows/1");
  },
  "GET /api/v1/models/{name}/preview": (rig) => rig.ask("GET", "/api/v1/models/people/preview?limit=3"),
  "POST /api/v1/connections/{name}/check": (rig) => rig.ask("POST", "/api/v1/connections/crm/check"),
  "POST /api/v1/project/look": (rig) => rig.ask("POST", "/api/v1/project/look"),
  "GET /api/v1/project": (rig) => rig.ask("GET", "/api/v1/project"),
  "GET /api/v1/audit": (rig) => rig.ask("GET", "/api/v1/audit?limit=3"),
  "POST /api/v1/state/backup": (rig) =>
    rig.ask("POST", "/api/v1/state/backup", { body: { folder: join(rig.dir, "backup") } }),
  "POST /api/v1/triggers/{name}": (rig) => {
    const body = '{"from":"ci"}';
    const stamp = String(Math.floor(Date.now() / 1000));
    const hex = createHmac("sha256", TRIGGER_SECRET).update(`${stamp}.${body}`).digest("hex");
    const signed = { "x-sluice-timestamp": stamp, "x-sluice-signature": `sha256=${hex}` };
    return rig.ask("POST", "/api/v1/triggers/ci", { body, headers: { ...signed, "content-type": "application/json" } });
  },
  "GET /health/live": (rig) => rig.ask("GET", "/health/live"),
  "GET /health/ready": (rig) => rig.ask("GET", "/health/ready"),
  "GET /metrics": (rig) => rig.ask("GET", "/metrics"),
};

/** The guard of `firms` holds every run of more than two people. */
export async function heldRun(rig: Rig) {
  const run = await rig.run("firms");
  if (run.state !== "blocked") throw new Error(`the run is not held: ${JSON.stringify(run)}`);
  return run;
}

/** A queued run that no worker knows of. */
export async function queuedAside(rig: Rig, sync: string): Promise<string> {
  const { queuedRun } = await import("../../../src/engine/new-run.ts");
  const found = rig.service.parts.live.current().project.syncs.get(sync);
  if (found === undefined) throw new Error(`no sync ${sync}`);
  const run = queuedRun(found, { action: "run", trigger: "test" }, rig.service.parts);
  await rig.state.request({ run, ask: { approve: false, insists: false, who: "test" } }, null);
  return run.id;
}
