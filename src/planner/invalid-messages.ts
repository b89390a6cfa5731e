const MESSAGES: Readonly<Record<string, string>> = {
  NOT_A_NUMBER: "the value is no number",
  NOT_A_BOOLEAN: "the value is neither true nor false",
  NOT_A_DATE: "the value is no date (YYYY-MM-DD)",
  NOT_A_TIMESTAMP: "the value is no timestamp with a zone (ISO 8601)",
  NOT_FINITE: "the value is infinite or not a number",
  INVALID_OPTION: "the value is none of the options that the field has for this row",
  TOO_LONG: "the text is longer than the property takes",
  INVALID_TEXT: "the text holds a NUL character",
};

/** What an invalid row's code says to people; its own message goes first where one is stored. */
export function invalidMessage(code: string, stored: string | null): string {
  return stored ?? MESSAGES[code] ?? code;
}
