// Proves that README's walk-through of the service says what really comes: the demo under `serve`, one sync by its schedule, one by REST.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { REPO } from "../demo/child-commands.ts";

type Shown = {
  readonly path: string;
  readonly body: string | null;
  readonly key: string | null;
  readonly said: unknown[];
};

/** The curl commands of the section with the JSON lines below each. */
function shownCalls(): Shown[] {
  const section = readFileSync(`${REPO}/README.md`, "utf8").split("\n## The service\n")[1]?.split("\n## ")[0] ?? "";
  const session = /```\n(\$ sluice serve[\s\S]*?)```/.exec(section)?.[1] ?? "";
  return session
    .replaceAll("\\\n", " ")
    .split(/^\$ (?=curl )/m)
    .slice(1)
    .map((text) => {
      const [command = "", ...lines] = text.trim().split("\n");
      return {
        path: /localhost:4400(\S+)/.exec(command)?.[1] ?? "",
        body: /-d '([^']*)'/.exec(command)?.[1] ?? null,
        key: /Idempotency-Key: ([^']*)'/.exec(command)?.[1] ?? null,
        said: lines.map((line) => JSON.parse(line)),
      };
    });
}

/** What no two days have alike. */
const OF_THE_DAY = { id: expect.stringMatching(/^\w{18}$/), started_at: expect.stringMatching(/^\d{4}-.*Z$/) };

function alike(shown: unknown): unknown {
  const fields = Object.entries(shown as object);
  return expect.objectContaining(
    Object.fromEntries(fields.map(([name, value]) => [name, OF_THE_DAY[name as keyof typeof OF_THE_DAY] ?? value])),
  );
}

async function startDemo() {
  const args = ["--import", "tsx", "tests/demo/demo.ts", "--serve", "--port", "0"];
  const child = spawn(process.execPath, args, { cwd: REPO, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const url = await new Promise<string>((resolve, reject) => {
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      const found = /serving (http:\S+),/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    });
    void ended.then(() => reject(new Error(`the demo ended: ${said}`)));
  });
  return {
    url,
    stop: async () => {
      child.kill("SIGTERM");
      return ended;
    },
  };
}

it("README's walk-through comes out as it is shown", { timeout: 240_000 }, async () => {
  const [start, look] = shownCalls();
  if (start === undefined || look === undefined) throw new Error("README shows no calls");
  const demo = await startDemo();
  try {
    const headers = { "content-type": "application/json", "idempotency-key": start.key ?? "" };
    const started = await fetch(`${demo.url}${start.path}`, { method: "POST", headers, body: start.body });
    expect(await started.json()).toEqual(alike(start.said[0]));
    type Runs = { readonly runs: readonly { readonly state: string }[] };
    const runs = async () => ((await (await fetch(`${demo.url}${look.path}`)).json()) as Runs).runs;
    // The schedule is one start a minute.
    const endsAt = Date.now() + 120_000;
    while ((await runs()).filter(({ state }) => state === "succeeded").length < look.said.length) {
      if (Date.now() > endsAt) throw new Error(`no run came: ${JSON.stringify(await runs())}`);
      await delay(500);
    }
    // Whichever began first.
    expect(await runs()).toEqual(expect.arrayContaining(look.said.map(alike)));
  } finally {
    expect(await demo.stop()).toBe(143);
  }
});
