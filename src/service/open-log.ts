import { pino } from "pino";
import { redact } from "../core/redact.ts";
import type { Log } from "./service-parts.ts";

/** One JSON object a line. No secret passes; control characters of hostile texts are escaped by JSON. */
export function openLog(write: (line: string) => void, secrets: () => readonly string[]): Log {
  const logger = pino(
    {
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    { write: (line: string) => write(redact(line, secrets())) },
  );
  return {
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  };
}
