// Proves that --json gives exactly one document, and the exit status of what went wrong, whatever cannot be opened.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crowd, PEOPLE_SYNC, peopleProject } from "./people.ts";
import { portalMaker } from "./portal.ts";
import { type ErrorDocument, projectMaker } from "./project.ts";

const newProject = projectMaker();
const newPortal = portalMaker();
/** Answers every call with 401. */
const refusing = createServer((_, response) => {
  response.writeHead(401, { "content-type": "application/json" });
  response.end(
    JSON.stringify({ status: "error", message: "Authentication credentials not found", category: "INVALID" }),
  );
});
let portalUrl: string;
let refusingUrl: string;
beforeAll(async () => {
  portalUrl = (await newPortal()).url;
  await new Promise<void>((listening) => refusing.listen(0, "127.0.0.1", () => listening()));
  refusingUrl = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
});
afterAll(() => void refusing.close());

type Opened = { readonly name: string; readonly ok: boolean; readonly error?: ErrorDocument };
type Documents = {
  readonly error?: ErrorDocument;
  readonly plans?: readonly { sync: string; error?: ErrorDocument }[];
  readonly runs?: readonly { sync: string; error?: ErrorDocument }[];
  readonly connected?: readonly Opened[];
};

/** Two syncs, so that the second meets what the first one left. */
function projectWith(warehouse: object, url: string) {
  const project = newProject({ ...peopleProject(url, crowd(3)), "syncs/again.yml": PEOPLE_SYNC });
  project.write({
    "sluice.yml": {
      version: 1,
      connections: {
        warehouse: { type: "duckdb", ...warehouse },
        crm: { type: "hubspot", access_token: "sandbox", base_url: url },
      },
    },
  });
  return project;
}

describe.concurrent.each([
  { what: "a warehouse file that is not there", code: "WAREHOUSE_UNREACHABLE", broken: "warehouse" },
  { what: "a destination that refuses", code: "AUTH_REFUSED", broken: "crm" },
])("$what", ({ code, broken }) => {
  const make = () =>
    broken === "warehouse" ? projectWith({ path: "nope.duckdb" }, portalUrl) : projectWith({}, refusingUrl);

  it("is told once a sync by plan and run of all syncs, in one document", async () => {
    const project = make();
    const planned = await project.json<Documents>(["plan", "--all"]);
    expect(planned.status).toBe(2);
    expect(planned.document.plans?.map((entry) => entry.error?.code)).toEqual([code, code]);
    const ran = await project.json<Documents>(["run", "--all"]);
    expect(ran.status).toBe(2);
    expect(ran.document.runs?.map((entry) => entry.error?.code)).toEqual([code, code]);
  });

  it("is the error of a plan and of a run of one sync", async () => {
    const project = make();
    for (const command of ["plan", "run"]) {
      const { status, document, stderr } = await project.json<Documents>([command, "people"]);
      expect({ status, code: document.error?.code }).toEqual({ status: 2, code });
      expect(stderr).toContain(`"${broken}"`);
    }
  });

  it("is one connection of check --connect; the other one is told as well", async () => {
    const { status, document } = await make().json<Documents & { ok: boolean }>(["check", "--connect"]);
    expect({ status, ok: document.ok }).toEqual({ status: 2, ok: false });
    const told = document.connected?.map(({ name, ok, error }) => [name, ok, error?.code ?? null]);
    expect(told).toEqual([
      ["warehouse", broken !== "warehouse", broken === "warehouse" ? code : null],
      ["crm", broken !== "crm", broken === "crm" ? code : null],
    ]);
  });
});

it.concurrent("names connection and folder where an entry of directories is no folder", async () => {
  for (const folder of ["nowhere", "people.json", "people.json/inside"]) {
    const project = projectWith({ directories: [folder] }, portalUrl);
    const { status, document } = await project.json<Documents>(["plan", "people"]);
    expect(status).toBe(2);
    expect(document.error?.code).toBe("CONFIG_INVALID");
    expect(document.error?.message).toContain(`connection "warehouse": the folder ${folder} `);
  }
});

it.concurrent("calls a broken warehouse file of the name planner.duckdb a warehouse, not a corrupt planner", async () => {
  const project = projectWith({ path: "planner.duckdb" }, portalUrl);
  project.write({ "planner.duckdb": "rubbish ".repeat(4_000) });
  const { status, document } = await project.json<Documents>(["plan", "people"]);
  expect({ status, code: document.error?.code }).toEqual({ status: 2, code: "WAREHOUSE_UNREACHABLE" });
});
