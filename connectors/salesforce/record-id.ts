const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";

export function isRecordId(text: string): boolean {
  return /^[a-zA-Z0-9]{15}([a-zA-Z0-9]{3})?$/.test(text);
}

/**
 * The 18-character form of an id. The last three characters say which of each five letters before are upper case, so that
 * ids differ in any case (help.salesforce.com, 000385008). Error messages name records by 15 characters.
 */
export function fullId(id: string): string {
  if (id.length !== 15) return id;
  let suffix = "";
  for (let start = 0; start < 15; start += 5) {
    let bits = 0;
    for (let place = 0; place < 5; place++) {
      const letter = id.charCodeAt(start + place);
      if (letter >= 65 && letter <= 90) bits |= 1 << place;
    }
    suffix += ALPHABET[bits] ?? "A";
  }
  return id + suffix;
}

/** Whether two ids in either form name one record. */
export function sameId(left: string, right: string): boolean {
  return left === right || fullId(left) === fullId(right);
}
