/** What every bench is given. */
export interface BenchOptions {
  /** Rounds of (a) and (d), trials of each case of (b) and (c); (e) makes a hundred writes for each, (f) stops at five. */
  readonly trials: number;
  /** The built program. */
  readonly program: string;
  /** Folder of the small programs that are measured or measure, scripts/benches. */
  readonly helpers: string;
  readonly seed: number;
  /** Tells a person what is going on; one line, without its end. */
  readonly progress: (text: string) => void;
}
