const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;
/** Wider numbers than this are not worth writing out: no vendor takes them. */
const MOST_DIGITS = 400;

type Decimal = { readonly negative: boolean; readonly digits: string; readonly exponent: number };

/** Sign, significant digits without outer zeros, and the power of ten of the last digit; null for no number. */
function parse(text: string): Decimal | null {
  const parts = DECIMAL.exec(text.trim());
  if (parts === null) return null;
  const [, sign = "", whole = "", fraction = "", power = "0"] = parts;
  if (whole === "" && fraction === "") return null;
  const all = (whole + fraction).replace(/^0+/, "");
  const digits = all.replace(/0+$/, "");
  if (digits === "") return { negative: false, digits: "0", exponent: 0 };
  return { negative: sign === "-", digits, exponent: Number(power) - fraction.length + (all.length - digits.length) };
}

/** Numeric equality of two decimal texts, exact at any length: 1, 1.0, 01 and 1e0 are one number. */
export function sameNumber(left: string, right: string): boolean {
  if (left === right) return true;
  const a = parse(left);
  const b = parse(right);
  if (a === null || b === null) return false;
  return a.negative === b.negative && a.digits === b.digits && a.exponent === b.exponent;
}

/** The number without an exponent, for vendors that know none: 1.5e3 → 1500. Text that is no number stays as it is. */
export function plainDecimal(text: string): string {
  if (!/e/i.test(text)) return text;
  const number = parse(text);
  if (number === null || Math.abs(number.exponent) > MOST_DIGITS) return text;
  const { digits, exponent } = number;
  const sign = number.negative ? "-" : "";
  if (exponent >= 0) return sign + digits + "0".repeat(exponent);
  const padded = digits.padStart(1 - exponent, "0");
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
}
