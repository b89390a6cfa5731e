import { describe, test } from "vitest";
import { abortedInMidCall } from "./cases/aborted-in-mid-call.ts";
import { accountAndFields } from "./cases/account-and-fields.ts";
import { caseOfMatchValues } from "./cases/case-of-match-values.ts";
import { clearedValues } from "./cases/cleared-values.ts";
import { createUpdateArchive } from "./cases/create-update-archive.ts";
import { credentialsExpired } from "./cases/credentials-expired.ts";
import { duplicateRecord } from "./cases/duplicate-record.ts";
import { echoAltered } from "./cases/echo-altered.ts";
import { emptySuccess } from "./cases/empty-success.ts";
import { erasedRecord } from "./cases/erased-record.ts";
import { everyType } from "./cases/every-type.ts";
import { findRecords } from "./cases/find-records.ts";
import { fullBatch } from "./cases/full-batch.ts";
import { htmlAnswer } from "./cases/html-answer.ts";
import { mergedRecord } from "./cases/merged-record.ts";
import { missingRecord } from "./cases/missing-record.ts";
import { partialResults } from "./cases/partial-results.ts";
import { poisonRow } from "./cases/poison-row.ts";
import { replyLostAfterWrite } from "./cases/reply-lost-after-write.ts";
import { resetConnection } from "./cases/reset-connection.ts";
import { shuffledResults } from "./cases/shuffled-results.ts";
import { throttled } from "./cases/throttled.ts";
import { unicodeText } from "./cases/unicode-text.ts";
import { unknownField } from "./cases/unknown-field.ts";
import { upsertTwice } from "./cases/upsert-twice.ts";
import type { Case, Subject } from "./subject.ts";

const CASES: readonly (readonly Case[])[] = [
  accountAndFields,
  upsertTwice,
  createUpdateArchive,
  erasedRecord,
  fullBatch,
  everyType,
  unicodeText,
  clearedValues,
  echoAltered,
  poisonRow,
  unknownField,
  duplicateRecord,
  missingRecord,
  mergedRecord,
  findRecords,
  caseOfMatchValues,
  shuffledResults,
  partialResults,
  replyLostAfterWrite,
  resetConnection,
  htmlAnswer,
  emptySuccess,
  throttled,
  credentialsExpired,
  abortedInMidCall,
];

/**
 * Decides what a destination is: run it on the connector itself and on the connector behind the decorators. `make` opens
 * a destination on an empty sandbox; it is called, and what it made is closed, once a case.
 */
export function destinationSuite(name: string, make: () => Promise<Subject>): void {
  describe(`${name} is a destination`, () => {
    for (const one of CASES.flat()) {
      test(one.title, async () => {
        const subject = await make();
        try {
          await subject.destination.describe(subject.object, [], new AbortController().signal);
          await one.run(subject);
        } finally {
          await subject.close();
        }
      });
    }
  });
}
