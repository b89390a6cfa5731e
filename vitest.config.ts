import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // Kills, faults, crashes at every point, and long stories: `npm run test:slow`.
    exclude: [...configDefaults.exclude, "**/*.slow.test.ts"],
    globalSetup: ["tests/setup/build.ts"],
    setupFiles: ["tests/setup/loopback-only.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    pool: "forks",
    maxWorkers: 2,
  },
});
