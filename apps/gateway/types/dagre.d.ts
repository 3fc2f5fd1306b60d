/** What we use of dagre: its own declarations name their files in a way that Node's resolution does not follow. */

export interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export declare class Graph {
  constructor(options: { readonly multigraph: boolean });
  setGraph(options: Readonly<Record<string, string | number>>): void;
  setNode(name: string, size: { readonly width: number; readonly height: number }): void;
  setEdge(from: string, to: string, label: Readonly<Record<string, string | number>>, name: string): void;
  /** After the layout: the size of the whole. */
  graph(): { readonly width: number; readonly height: number };
  node(name: string): Place;
  edge(
    from: string,
    to: string,
    name: string,
  ): Place & { readonly points: readonly { readonly x: number; readonly y: number }[] };
}

/** Gives every node and edge its place. */
export declare function layout(graph: Graph): void;
