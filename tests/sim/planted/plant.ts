/** Shapes of planted bugs: ports that do almost what they should. */
import type { Destination } from "../../../src/contract/destination.ts";
import type { Lease } from "../../../src/contract/state.ts";
import type { Plant, Ports } from "../story/command.ts";
import type { Place } from "../story/place.ts";

export type Bug = { readonly name: string; readonly plant: Plant };

/** The same ports over another destination. */
export function withDestination(ports: Ports, change: (destination: Destination) => Destination): Ports {
  const connectors = ports.connectors.map((connector) => {
    const { destination } = connector;
    if (destination === null) return connector;
    const open: typeof destination.open = async (config, context) => change(await destination.open(config, context));
    return { ...connector, destination: { ...destination, open } };
  });
  return { ...ports, connectors };
}

/** The disks below the twins. Bugs are planted in seeds on twins alone. */
export function disksOf(place: Place): NonNullable<Place["disks"]> {
  if (place.disks === null) throw new Error("bugs are planted in seeds on twins alone");
  return place.disks;
}

/** Whatever lease a process has, it is taken for the newest one. */
export function newestLease(place: Place, lease: Lease): Lease {
  const row = disksOf(place).state.leases.get(lease.sync);
  return row === undefined ? lease : { sync: lease.sync, epoch: row.epoch, holder: row.holder };
}

export function planPathOf(place: Place, run: string): string {
  return `${place.workDir}/plans/${run}.parquet`;
}
