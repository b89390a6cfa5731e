const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
const FORM = /^[0-9A-Za-z]{15}(?:[A-Z0-5]{3})?$/;

/** Stands for the server on which an org lives: characters 4 to 6 of its ids. */
const INSTANCE = "al0";

/** The 18-character id of one number: three characters of the object, three of the instance, nine of the number. */
export function recordId(keyPrefix: string, serial: number): string {
  let digits = "";
  for (let rest = serial; digits.length < 9; rest = Math.floor(rest / 62)) digits = DIGITS.charAt(rest % 62) + digits;
  return withChecks(keyPrefix + INSTANCE + digits);
}

/** The case-safe form: each of the three last characters says which of five characters are capitals. */
export function withChecks(id15: string): string {
  let checks = "";
  for (let block = 0; block < 15; block += 5) {
    let bits = 0;
    for (let place = 0; place < 5; place++) {
      const code = id15.charCodeAt(block + place);
      if (code >= 65 && code <= 90) bits |= 1 << place;
    }
    checks += CHECKS.charAt(bits);
  }
  return id15 + checks;
}

/** The 18-character form of an id in either form; null for what is no id, a wrong checksum included. */
export function fullId(text: string): string | null {
  if (!FORM.test(text)) return null;
  const full = withChecks(text.slice(0, 15));
  return text.length === 15 || full === text ? full : null;
}

export function shortId(id: string): string {
  return id.slice(0, 15);
}
