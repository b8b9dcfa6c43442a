// One life at a time: what is started again waits for the end of what was before.

export class Lives {
  private current: { controller: AbortController; over: Promise<void> } | undefined;

  /** `live` lasts until its signal says stop, or by itself as long as it likes; it does not reject. */
  constructor(private readonly live: (signal: AbortSignal) => Promise<void>) {}

  /** Returns at once; nothing happens while there is a life. */
  start(): void {
    if (this.current) return;
    const controller = new AbortController();
    const over = this.live(controller.signal).finally(() => { this.current = undefined; });
    this.current = { controller, over };
  }

  async stop(): Promise<void> {
    this.current?.controller.abort();
    await this.current?.over;
  }

  async restart(): Promise<void> {
    await this.stop();
    this.start();
  }
}
