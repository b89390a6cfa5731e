import type { Route } from "./route.ts";
import { lookRoutes } from "./routes/look-routes.ts";
import { runRoutes } from "./routes/run-routes.ts";
import { serviceRoutes } from "./routes/service-routes.ts";
import { stateRoutes } from "./routes/state-routes.ts";
import { syncRoutes } from "./routes/sync-routes.ts";
import { triggerRoutes } from "./routes/trigger-routes.ts";

/** The whole API; what is not in this list does not exist. */
export const routes: readonly Route[] = [
  ...runRoutes,
  ...syncRoutes,
  ...lookRoutes,
  ...triggerRoutes,
  ...stateRoutes,
  ...serviceRoutes,
];
