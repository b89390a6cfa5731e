// Proves that the Salesforce connector itself, without decorators, is a destination.
import { salesforceSubject } from "./salesforce-subject.ts";
import { destinationSuite } from "./suite.ts";

destinationSuite("salesforce", () => salesforceSubject());
