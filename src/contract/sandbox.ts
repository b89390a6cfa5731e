/** A local server that behaves as the vendor's API does. */
export type SandboxOptions = {
  /** 0 takes a free port. */
  readonly port: number;
  readonly seed: number;
  readonly tier: string;
  /** Absolute path of a JSON file that keeps the records between starts; null keeps nothing. */
  readonly dataFile: string | null;
};

export interface Sandbox {
  /** "http://127.0.0.1:4010" */
  readonly url: string;
  close(): Promise<void>;
}
