// Proves that the Airflow example starts a sync of a real service once for each try, waits for its end, ends by its state, and
// cancels the run when it is killed. Only Airflow's base class is a stand-in. Without python3 there is nothing to prove.
import { execFile, spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { crowd } from "../../e2e/people.ts";
import { type HookServer, startHookServer } from "./hook-server.ts";
import { type Rig, startRig, until } from "./rig.ts";

const FOLDER = fileURLToPath(new URL("../../../examples/airflow", import.meta.url));
const hasPython = spawnSync("python3", ["--version"]).status === 0;

const SCRIPT = `
import json, sys, threading
from types import SimpleNamespace
from sluice_operator import SluiceRunOperator
wish = json.loads(sys.argv[1])
operator = SluiceRunOperator(task_id=wish["sync"], sync=wish["sync"], allow_partial=wish.get("allow_partial", False))
ti = SimpleNamespace(dag_id="d", task_id=wish["sync"], map_index=-1, try_number=wish.get("try", 1))
if wish.get("kill"):
    def kill():
        sys.stdin.readline()
        operator.on_kill()
    threading.Thread(target=kill, daemon=True).start()
try:
    print(json.dumps({"run": operator.execute({"ti": ti, "run_id": "scheduled__2026"})}))
except RuntimeError as error:
    print(json.dumps({"raised": str(error)}))
`;

type Wish = { sync: string; try?: number; allow_partial?: boolean; kill?: boolean };
type Told = { run?: { id: string; state: string; trigger: string }; raised?: string };

describe.skipIf(!hasPython)(
  hasPython ? "the Airflow example" : "the Airflow example (skipped: no python3 here)",
  () => {
    let rig: Rig;
    let server: HookServer;
    let stubs: string;
    let token: string;
    beforeAll(async () => {
      server = await startHookServer();
      rig = await startRig({
        people: crowd(2),
        files: { "syncs/slow.yml": hookedSync(server.url) },
      });
      token = (await rig.token(["read", "run"])).authorization.replace("Bearer ", "");
      stubs = await mkdtemp(join(tmpdir(), "sluice-airflow-"));
      await mkdir(join(stubs, "airflow"));
      await writeFile(join(stubs, "airflow/__init__.py"), "");
      const base = "class BaseOperator:\n    def __init__(self, task_id):\n        self.task_id = task_id\n";
      await writeFile(join(stubs, "airflow/models.py"), base);
    });
    afterAll(async () => {
      await rig.close();
      await server.close();
      await rm(stubs, { recursive: true });
    });

    function operate(wish: Wish) {
      const env = {
        PATH: process.env["PATH"],
        PYTHONPATH: `${FOLDER}:${stubs}`,
        PYTHONDONTWRITEBYTECODE: "1",
        SLUICE_URL: rig.url,
        SLUICE_TOKEN: token,
      };
      const child = { kill: (): void => undefined };
      const told = new Promise<Told>((resolve, reject) => {
        const started = execFile(
          "python3",
          ["-c", SCRIPT, JSON.stringify(wish)],
          { env, timeout: 50_000 },
          (error, stdout) => {
            if (error === null) resolve(JSON.parse(stdout) as Told);
            else reject(error);
          },
        );
        child.kill = () => void started.stdin?.write("kill\n");
      });
      return { told, kill: () => child.kill() };
    }

    it("starts one run for a try, and another for the next", async () => {
      const first = await operate({ sync: "people" }).told;
      expect(first.run).toMatchObject({ state: "succeeded", trigger: "api" });
      const same = await operate({ sync: "people" }).told;
      expect(same.run?.id).toBe(first.run?.id);
      const next = await operate({ sync: "people", try: 2 }).told;
      expect(next.run?.id).not.toBe(first.run?.id);
    });

    it("fails with the reason where the run failed, and where there is no such sync", async () => {
      server.answer = () => ({ status: 500 });
      const { raised } = await operate({ sync: "slow" }).told;
      expect(raised).toContain("is failed: HOOK_FAILED: before the run: hooks.before[1]: it answered 500");
      expect((await operate({ sync: "nobody" }).told).raised).toContain('Sluice answered 404: {"type"');
    });

    it("takes a run that succeeded in part where it may, and only there", async () => {
      const rejects = [{ id: 1, email: "no address" }, ...crowd(1, 2)];
      await rig.write({ "people.json": rejects });
      const strict = await operate({ sync: "people", try: 3 }).told;
      expect(strict.raised).toContain("is partial");
      const lax = await operate({ sync: "people", try: 3, allow_partial: true }).told;
      expect(lax.run).toMatchObject({ state: "partial" });
    });

    it("cancels its run when it is killed", async () => {
      server.answer = () => "hang";
      const before = server.seen.length;
      const { told, kill } = operate({ sync: "slow", try: 2, kill: true });
      await until(() => server.seen.length > before);
      kill();
      expect((await told).raised).toContain("is cancelled: CANCELLED");
    });
  },
);

function hookedSync(url: string): object {
  return {
    model: "people",
    destination: { connection: "crm", object: "contacts" },
    match: [{ email: "email" }],
    fields: { email: "email" },
    hooks: { before: [{ webhook: `${url}/before` }] },
  };
}
