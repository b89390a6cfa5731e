// Proves that the HubSpot connector is a destination behind every decorator too: limits, retries and bisecting change no answer.
import { bisecting } from "../../../src/delivery/bisecting.ts";
import { windowBudget } from "../../../src/delivery/budget.ts";
import { newMeter, openGate } from "../../../src/delivery/gate.ts";
import { limited } from "../../../src/delivery/limited.ts";
import { retryAllowance, retrying } from "../../../src/delivery/retrying.ts";
import { hubspotSubject } from "./hubspot-subject.ts";
import { realClock } from "./real-clock.ts";
import { destinationSuite } from "./suite.ts";

destinationSuite("hubspot, wrapped", () =>
  hubspotSubject((inner) => {
    const gate = openGate(windowBudget(inner.abilities.firstWindow), realClock, () => undefined);
    const options = { clock: realClock, random: () => 0, allowance: retryAllowance() };
    return bisecting(retrying(limited(inner, gate, newMeter()), options));
  }),
);
