/** Texts that drivers and databases bend: what it is, and the text. */
export const HOSTILE_TEXTS: readonly (readonly [string, string])[] = [
  ["empty", ""],
  ["nul_inside", "a\0b"],
  ["nul_alone", "\0"],
  ["lone_high_surrogate", "x\ud800y"],
  ["lone_low_surrogate", "\udc00"],
  ["our_escape_character", "\ue010"],
  ["looks_escaped", "\ue0100000"],
  ["emoji_pair", "👩‍👧 Zoë"],
  ["quotes", `'"\`\\?`],
  ["question_marks", "? ?? \\? $1 :name"],
  ["number_like", "1.0"],
  ["big_number_like", "9007199254740993"],
  ["json_key", '["a\\u0000",1]'],
  ["prototype", "__proto__"],
  ["newline_ansi", "\u001b[31m\r\n\u2028"],
  ["long", "ä".repeat(100_000)],
];
