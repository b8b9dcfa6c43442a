// Queries that led somewhere, the latest first. They stay with the workspace.
import type { Mode } from "../server/protocol";

export interface Entry {
  query: string;
  mode: Mode;
}

/** The part of vscode.Memento that is needed. */
export interface Storage {
  get<T>(key: string, otherwise: T): T;
  update(key: string, value: unknown): Thenable<void>;
}

const KEY = "history";
const MOST = 50;

export class History {
  constructor(private readonly storage: Storage) {}

  get entries(): readonly Entry[] {
    return this.storage.get<Entry[]>(KEY, []);
  }

  add(entry: Entry): void {
    if (entry.query.trim()) this.write([entry, ...this.without(entry)].slice(0, MOST));
  }

  remove(entry: Entry): void {
    this.write(this.without(entry));
  }

  private without(entry: Entry): Entry[] {
    return this.entries.filter((other) => other.query !== entry.query || other.mode !== entry.mode);
  }

  private write(entries: Entry[]): void {
    void this.storage.update(KEY, entries);
  }
}

/** Steps through a history as shells do: back to older queries, forth again to what was being typed. */
export class Walk {
  private at = -1;

  constructor(
    private readonly entries: readonly Entry[],
    private readonly typed: Entry,
  ) {}

  older(): Entry {
    this.at = Math.min(this.at + 1, this.entries.length - 1);
    return this.current;
  }

  newer(): Entry {
    this.at = Math.max(this.at - 1, -1);
    return this.current;
  }

  private get current(): Entry {
    return this.entries[this.at] ?? this.typed;
  }
}
