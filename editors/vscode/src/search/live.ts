// Questions that change while they are typed: only the last one counts.

/** LSP's ServerCancelled: the server gave the request up, and it may be asked again. */
const SERVER_CANCELLED = -32802;

export interface Listener<Q, A> {
  answered(question: Q, answer: A): void;
  failed(question: Q, error: Error): void;
  /** Whether an answer is awaited. */
  busy(waiting: boolean): void;
}

/**
 * Asks at once after a pause, and in a burst of changes *delay* ms after the last one; cancels what was asked before, and drops answers
 * that come too late.
 */
export class Live<Q, A> {
  private timer: NodeJS.Timeout | undefined;
  private asked: AbortController | undefined;
  /** When there was a change last, in milliseconds since 1970. */
  private changed = 0;

  constructor(
    private readonly ask: (question: Q, signal: AbortSignal) => Promise<A>,
    private readonly listener: Listener<Q, A>,
    private readonly delay: number,
  ) {}

  get waiting(): boolean {
    return this.timer !== undefined || this.asked !== undefined;
  }

  put(question: Q): void {
    this.drop();
    const pause = Date.now() - this.changed;
    this.changed = Date.now();
    if (pause >= this.delay) void this.send(question);
    else this.timer = setTimeout(() => { void this.send(question); }, this.delay);
  }

  /** Nothing is heard of what was asked so far. */
  cancel(): void {
    this.drop();
    this.listener.busy(false);
  }

  private drop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.asked?.abort();
    this.asked = undefined;
  }

  private async send(question: Q): Promise<void> {
    this.timer = undefined;
    const asked = (this.asked = new AbortController());
    this.listener.busy(true);
    try {
      const answer = await this.ask(question, asked.signal);
      if (this.finish(asked)) this.listener.answered(question, answer);
    } catch (error) {
      if (!this.finish(asked)) return;
      if ((error as { code?: number }).code === SERVER_CANCELLED) this.put(question);
      else this.listener.failed(question, error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** False where another question came in between. */
  private finish(asked: AbortController): boolean {
    if (this.asked !== asked) return false;
    this.asked = undefined;
    this.listener.busy(false);
    return true;
  }
}
