// The settings that the server is told: those that the user set, and none of the extension's own.

/** The groups of section `lspSearch` that the server knows: docs/protocol.md. */
const GROUPS: readonly string[] = ["index", "search", "workspaceSymbol", "metrics", "alerts"];

/** Values of a setting by where they were set, as `WorkspaceConfiguration.inspect` gives them. */
interface Inspected {
  globalValue?: unknown;
  workspaceValue?: unknown;
  workspaceFolderValue?: unknown;
}

/** Defaults are left out: they would count more than what the project's `.lsp-search.toml` says. */
export function chosen(keys: readonly string[], inspect: (key: string) => Inspected | undefined): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const key of keys) {
    if (!GROUPS.includes(key.split(".")[0] ?? "")) continue;
    const found = inspect(key);
    const value = found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue;
    if (value !== undefined) values[key] = value;
  }
  return values;
}
