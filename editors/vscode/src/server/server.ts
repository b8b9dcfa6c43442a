// The running server as the rest of the extension sees it: one for all folders, started again when it ends by itself.
import { spawn } from "node:child_process";
import { homedir } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import * as vscode from "vscode";
import type { LanguageClient, NotificationType, RequestType } from "vscode-languageclient/node";
import { Backoff } from "./backoff";
import { createClient } from "./client";
import type { Command } from "./find";
import { Lives } from "./lives";
import * as protocol from "./protocol";

export type State = "starting" | "running" | "stopped";

/** How long a server has to end by itself when it is asked to. */
const FAREWELL = 1500;

export class Server implements vscode.Disposable {
  private client: LanguageClient | undefined;
  private readonly lives = new Lives((signal) => this.live(signal));
  private readonly changed = new vscode.EventEmitter<State>();
  private readonly statusEmitter = new vscode.EventEmitter<protocol.Status>();
  private readonly metricsEmitter = new vscode.EventEmitter<protocol.Stats>();
  private readonly alertEmitter = new vscode.EventEmitter<protocol.Alert>();
  readonly onDidChangeState = this.changed.event;
  readonly onStatus = this.statusEmitter.event;
  readonly onMetrics = this.metricsEmitter.event;
  readonly onAlert = this.alertEmitter.event;
  state: State = "stopped";

  /**
   * `locate` finds the command to start; where it finds none it has told the user.
   * `settings`: the keys of all settings of the extension, without the section.
   */
  constructor(
    private readonly log: vscode.LogOutputChannel,
    private readonly locate: () => Promise<Command | undefined>,
    private readonly settings: readonly string[],
  ) {}

  /** Returns at once. */
  start(): void {
    this.lives.start();
  }

  stop(): Promise<void> {
    return this.lives.stop();
  }

  restart(): Promise<void> {
    return this.lives.restart();
  }

  /** Rejects where no server runs, with a message for the user. */
  async request<P, R>(type: RequestType<P, R, void>, params: P, token?: vscode.CancellationToken): Promise<R> {
    if (!this.client) throw new Error("the lsp-search server is not running");
    // Without a token there must be no third argument: it would be sent as a second parameter.
    return token ? this.client.sendRequest<R>(type.method, params, token) : this.client.sendRequest<R>(type.method, params);
  }

  /** Nothing happens where no server runs. */
  notify<P>(type: NotificationType<P>, params: P): void {
    this.client?.sendNotification(type.method, params).catch((error: unknown) => { this.log.warn(`${type.method}: ${String(error)}`); });
  }

  dispose(): void {
    void this.stop();
  }

  private async live(signal: AbortSignal): Promise<void> {
    try {
      await this.runs(signal);
    } catch (error) {
      this.log.error(`The server: ${String(error)}`);
    }
    this.become("stopped");
  }

  /** One run after the other until `signal` says stop, or it is hopeless. */
  private async runs(signal: AbortSignal): Promise<void> {
    const backoff = new Backoff();
    const stopped = new Promise<undefined>((resolve) => { signal.addEventListener("abort", () => { resolve(undefined); }, { once: true }); });
    while (!signal.aborted) {
      this.become("starting");
      const command = await Promise.race([this.locate(), stopped]);
      if (!command) break;
      const began = Date.now();
      const reason = await this.run(command, stopped);
      if (reason === undefined) break;
      const wait = backoff.after(Date.now() - began);
      if (wait === undefined) {
        this.giveUp(reason);
        break;
      }
      this.log.warn(`The server ended (${reason}). It is started again in ${wait / 1000} s.`);
      this.become("starting");
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }

  /** From the start of a process to its end: why it ended by itself, or nothing when it was `stopped`. */
  private async run([file = "", ...args]: Command, stopped: Promise<undefined>): Promise<string | undefined> {
    const child = spawn(file, [...args, "serve", "--stdio"], { cwd: homedir(), windowsHide: true });
    const ended = new Promise<string>((resolve) => {
      child.once("error", (error) => { resolve(error.message); });
      child.once("exit", (status, killed) => { resolve(killed ? `signal ${killed}` : `status ${status ?? 0}`); });
    });
    const client = createClient(child, this.log, this.settings);
    client.onNotification(protocol.statusChanged, (status) => { this.statusEmitter.fire(status); });
    client.onNotification(protocol.metrics, (stats) => { this.metricsEmitter.fire(stats); });
    client.onNotification(protocol.alert, (alert) => { this.alertEmitter.fire(alert); });
    this.client = client;
    client.start().then(
      () => { if (this.client === client) this.become("running"); },
      () => { child.kill(); }, // the client has logged why
    );
    const reason = await Promise.race([ended, stopped]);
    this.client = undefined;
    if (reason === undefined) {
      await client.dispose(FAREWELL).catch(() => undefined); // the client has logged why
      child.kill("SIGKILL");
    }
    child.stdout.destroy(); // the client tidies up now, and not when the last worker lets go of the pipe
    return reason;
  }

  private giveUp(reason: string): void {
    this.log.error(`The server ended (${reason}) for the fifth time in a row soon after its start. It is not started again.`);
    const message = `The lsp-search server ends soon after each start (${reason}). Its log says more.`;
    void vscode.window.showErrorMessage(message, "Restart", "Show Log").then((answer) => {
      if (answer === "Restart") this.start();
      if (answer === "Show Log") this.log.show();
    });
  }

  private become(state: State): void {
    if (this.state === state) return;
    this.state = state;
    this.changed.fire(state);
  }
}
