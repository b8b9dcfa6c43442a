// Which server is started: the setting's, else the first that works of the PATH's, the Python interpreter's and our own.

export type Command = readonly string[];

export interface Found {
  command: Command;
  place: string;
  version: string;
}

export interface Places {
  setting: Command;
  onPath: () => Command | undefined;
  interpreter: () => Promise<Command | undefined>;
  environment: () => Command | undefined;
  /** The version of the server that a command starts; rejects, with the reason, where it starts none. */
  version: (command: Command) => Promise<string>;
  note: (text: string) => void;
}

export const OWN_ENVIRONMENT = "the extension's own environment";

/** Nothing where there is no server. Rejects where the setting names one that does not work: another is not what was asked for. */
export async function find(places: Places): Promise<Found | undefined> {
  const { setting: command } = places;
  if (command.length > 0) {
    try {
      return { command, place: "lspSearch.server.path", version: await places.version(command) };
    } catch (error) {
      throw new Error(
        `lspSearch.server.path: ${JSON.stringify(command)} starts no lsp-search (${(error as Error).message}). ` +
          "Name a command that does, with its absolute path, or remove the setting.",
      );
    }
  }
  const candidates: [string, () => Command | undefined | Promise<Command | undefined>][] = [
    ["the PATH", places.onPath],
    ["the chosen Python interpreter", places.interpreter],
    [OWN_ENVIRONMENT, places.environment],
  ];
  for (const [place, candidate] of candidates) {
    let command: Command | undefined;
    try {
      command = await candidate();
      if (command) return { command, place, version: await places.version(command) };
      places.note(`No server in ${place}.`);
    } catch (error) {
      places.note([`No server in ${place}`, ...(command ? [command.join(" ")] : []), (error as Error).message].join(": "));
    }
  }
  return undefined;
}

/** How the server is started with an interpreter. -P: no module out of the folder where the process happens to stand. */
export function withPython(python: string): Command {
  return [python, "-P", "-m", "lsp_search"];
}
