/** Seeds that failed once, each with what was wrong then. A change of the stories changes what a seed tells: the list is kept all the same. */
export const PAST_FAILURES: readonly { readonly seed: number; readonly was: string }[] = [
  { seed: 52, was: "a removal whose answer was lost found its record gone, and its row was never made again" },
  { seed: 140, was: "a row came back while another sync had removed its record" },
  { seed: 343, was: "a row sent before a crash and refused afterwards was taken for never sent" },
  { seed: 397, was: "a cancel in the middle of a lookup ended a run as INTERNAL, with rows that had no end" },
  { seed: 544, was: "three rows with one e-mail took one record from each other" },
  { seed: 597, was: "rows that came to one e-mail while one of them was in doubt" },
  { seed: 614, was: "a row came back, and a newcomer was given its record in the same plan" },
  { seed: 712, was: "a create in doubt whose e-mail changed made a second record" },
  { seed: 802, was: "the probe of an account that was down waited for its own end, for ever" },
  { seed: 809, was: "a row kept another row's e-mail" },
  { seed: 917, was: "a create in doubt whose e-mail changed made a second record" },
  { seed: 1303, was: "a process that started while its account was to wait made one call too many in every window" },
  { seed: 1674, was: "a record that two rows had taken outlived both" },
  { seed: 2104, was: "a sync did not settle" },
  { seed: 2353, was: "a row left while another one held its record" },
];
