// Where things lie, by their names alone.
import { delimiter, isAbsolute, join, relative, sep } from "node:path";

/** The first usable `name` in the folders of a PATH. Relative folders count for nothing: what they are depends on where one stands. */
export function onPath(path: string, name: string, usable: (file: string) => boolean): string | undefined {
  const folders = path.split(delimiter).filter((folder) => isAbsolute(folder));
  return folders.map((folder) => join(folder, name)).find(usable);
}

export function isWithin(folder: string, file: string): boolean {
  const path = relative(folder, file);
  return path !== ".." && !path.startsWith(`..${sep}`) && !isAbsolute(path);
}
