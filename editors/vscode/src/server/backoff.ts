// How long to wait before a server that ended by itself is started again.

const LONGEST_WAIT = 60_000;
const GOOD_RUN = 60_000;
const QUICK_RUN = 10_000;
const QUICK_RUNS = 5;

export class Backoff {
  private failures = 0;
  private quick = 0;

  /** Milliseconds to wait after a run of `ran` milliseconds; nothing after five quick ones, because a sixth would end the same way. */
  after(ran: number): number | undefined {
    if (ran >= GOOD_RUN) this.failures = 0;
    this.quick = ran < QUICK_RUN ? this.quick + 1 : 0;
    if (this.quick >= QUICK_RUNS) return undefined;
    return Math.min(1000 * 2 ** this.failures++, LONGEST_WAIT);
  }
}
