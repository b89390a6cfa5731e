/** Errors about a value quote it; those about names and files quote these, and people need them. */
const ABOUT_A_VALUE = /^(Conversion|Invalid Input|Constraint|Out of Range) Error/;
const ADDRESS = /[^\s<>"',;:()]+@[^\s<>"',;:()]+\.[^\s<>"',;:()]+/g;

/** The database's words on a model that failed, less the values of rows that it quotes: those are kept in no log (S27). */
export function withoutValues(message: string): string {
  const line = message.split(/\n\n|\n?\s*Original Line:/i, 1)[0] ?? message;
  const words = ABOUT_A_VALUE.test(line) ? line.replaceAll(/'[^']*'/g, "'…'").replaceAll(/"[^"]*"/g, '"…"') : line;
  return withoutAddresses(words);
}

/** E-mail addresses are told by their form, wherever they stand. */
export function withoutAddresses(text: string): string {
  return text.replaceAll(ADDRESS, "…@…");
}
