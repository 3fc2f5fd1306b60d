import { Graph, layout } from '@dagrejs/dagre';
import type { TrustArrow, TrustMap, TrustNode } from './trust-map.js';

/** Where everything is drawn, in pixels from the left and the top. */
export interface DrawnMap {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly (TrustNode & Box)[];
  readonly arrows: readonly (TrustArrow & {
    readonly points: readonly Point[];
    readonly label: Box & { readonly lines: readonly string[] };
  })[];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Its middle, and its size. */
interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

const NODE = { width: 150, height: 60 } as const;
const LINE_HEIGHT = 16;
const CHARACTER_WIDTH = 6.4;
const MARGIN = 12;

/** Gives each service a place below those that call it, and each arrow its way around them. */
export function drawMap({ nodes, arrows }: TrustMap): DrawnMap {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 40, ranksep: 36, edgesep: 24, marginx: MARGIN, marginy: MARGIN });
  for (const { name } of nodes) graph.setNode(name, { ...NODE });
  for (const arrow of arrows) {
    const lines = linesOf(arrow);
    const width = Math.max(...lines.map((line) => line.length)) * CHARACTER_WIDTH + 16;
    const label = { width, height: lines.length * LINE_HEIGHT + 8, labelpos: 'c' as const, minlen: 1 };
    graph.setEdge(arrow.from, arrow.to, label, arrow.tokenType);
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    nodes: nodes.map((node) => ({ ...node, ...boxOf(graph.node(node.name)) })),
    arrows: arrows.map((arrow) => {
      const edge = graph.edge(arrow.from, arrow.to, arrow.tokenType);
      const points = (edge.points ?? []).map((point: Point) => ({
        x: Math.round(point.x),
        y: Math.round(point.y),
      }));
      return { ...arrow, points, label: { ...boxOf(edge), lines: linesOf(arrow) } };
    }),
  };
}

function linesOf({ scopes, forWhom }: TrustArrow): readonly string[] {
  return [...scopes, forWhom];
}

function boxOf({ x = 0, y = 0, width = 0, height = 0 }: Partial<Box>): Box {
  return { x: Math.round(x), y: Math.round(y), width: Math.round(width), height: Math.round(height) };
}
