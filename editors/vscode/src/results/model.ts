// The results of one search as a tree: what is left of them, in which order, and what comes next. No editor in it.
import type { Answer, Item } from "../server/protocol";

/** The results in one file. */
export interface Group {
  uri: string;
  hits: Hit[];
}

export interface Hit {
  item: Item;
  group: Group;
}

export type Node = Group | Hit;

export function isHit(node: Node): node is Hit {
  return "item" in node;
}

export class Results {
  /** By file, in the order of each file's best result; the lines of a file from top to bottom. */
  readonly groups: Group[] = [];
  /** Best first. */
  readonly hits: Hit[];

  constructor(readonly answer: Answer) {
    const groups = new Map<string, Group>();
    this.hits = answer.items.map((item) => {
      const { uri } = item.location;
      const group = groups.get(uri) ?? { uri, hits: [] };
      groups.set(uri, group);
      const hit = { item, group };
      group.hits.push(hit);
      return hit;
    });
    this.groups.push(...groups.values());
    for (const { hits } of this.groups) hits.sort((a, b) => lineOf(a) - lineOf(b));
  }

  dismiss(node: Node): void {
    const gone = new Set(isHit(node) ? [node] : node.hits);
    const group = isHit(node) ? node.group : node;
    remove(this.hits, (hit) => gone.has(hit));
    remove(group.hits, (hit) => gone.has(hit));
    remove(this.groups, ({ hits }) => hits.length === 0);
  }

  /** The result that follows *from* in the order of the tree, round and round; without it the first, or the last. */
  step(from: Hit | undefined, by: 1 | -1, grouped: boolean): Hit | undefined {
    const order = grouped ? this.groups.flatMap(({ hits }) => hits) : this.hits;
    const at = from ? order.indexOf(from) : by < 0 ? 0 : -1;
    return order[(at + by + order.length) % order.length];
  }
}

function lineOf({ item }: Hit): number {
  return item.location.range.start.line;
}

function remove<T>(list: T[], gone: (element: T) => boolean): void {
  list.splice(0, list.length, ...list.filter((element) => !gone(element)));
}
