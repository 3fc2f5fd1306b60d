// The compiler takes our declarations of it, which are in this project; the library is not.
// eslint-disable-next-line @nx/enforce-module-boundaries
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
const MAX_CHARACTERS = 22;

/** Gives each service a place below those that call it, and each arrow its way around them. */
export function drawMap({ nodes, arrows }: TrustMap): DrawnMap {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 20, ranksep: 36, edgesep: 12, marginx: MARGIN, marginy: MARGIN });
  for (const { name } of nodes) graph.setNode(name, { ...NODE });
  for (const arrow of arrows) {
    const lines = linesOf(arrow);
    const width = Math.max(...lines.map((line) => line.length)) * CHARACTER_WIDTH + 16;
    const label = { width, height: lines.length * LINE_HEIGHT + 8, labelpos: 'c', minlen: 1 };
    graph.setEdge(arrow.from, arrow.to, label, arrow.tokenType);
  }
  layout(graph);
  const { width, height } = graph.graph();
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    nodes: nodes.map((node) => ({ ...node, ...boxOf(graph.node(node.name)) })),
    arrows: arrows.map((arrow) => {
      const edge = graph.edge(arrow.from, arrow.to, arrow.tokenType);
      const points = edge.points.map((point) => ({
        x: Math.round(point.x),
        y: Math.round(point.y),
      }));
      return { ...arrow, points, label: { ...boxOf(edge), lines: linesOf(arrow) } };
    }),
  };
}

function linesOf({ scopes, forWhom }: TrustArrow): readonly string[] {
  return [...scopes, ...wrapped(forWhom)];
}

/** Short lines, so that the map fits into a narrow window. */
function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && `${last} ${word}`.length <= MAX_CHARACTERS)
      lines.splice(-1, 1, `${last} ${word}`);
    else lines.push(word);
  }
  return lines;
}

function boxOf({ x, y, width, height }: Box): Box {
  return { x: Math.round(x), y: Math.round(y), width: Math.round(width), height: Math.round(height) };
}
