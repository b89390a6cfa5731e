import { configDefaults, defineConfig, mergeConfig } from "vitest/config";
import usual from "./vitest.config.ts";

/** What takes minutes and is run before a release, not after every change. */
export default defineConfig(() => {
  const config = mergeConfig(usual, {});
  return { test: { ...config.test, include: ["tests/**/*.slow.test.ts"], exclude: configDefaults.exclude } };
});
