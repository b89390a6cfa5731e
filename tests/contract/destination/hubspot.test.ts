// Proves that the HubSpot connector itself, without decorators, is a destination.
import { hubspotSubject } from "./hubspot-subject.ts";
import { destinationSuite } from "./suite.ts";

destinationSuite("hubspot", () => hubspotSubject());
