/** The graph as a picture: one box per node with type, shapes and parameters; feedback edges dashed. */
import { type Edge, type NirGraph, NirkitError, schedule, toFloat64 } from "@nirkit/graph";
import { type FigureText, figure } from "./figure.ts";
import { type Direction, type GraphLayout, type Link, layoutGraph, type Point } from "./graph-layout.ts";
import { type NodeLines, nodeLines } from "./node-lines.ts";
import { coordinate, element, label, type Svg, titled } from "./svg.ts";

/** How to draw a graph. */
export interface GraphSvgOptions extends FigureText {
  /** `auto`: left to right while it fits 960 units, else downward. */
  readonly direction?: Direction | "auto";
  /** Edges that deliver the value of the step before; those of `schedule(graph)` when absent. */
  readonly feedback?: readonly Edge[];
  /** A larger graph is named, not drawn; 300 boxes take about a second. */
  readonly maxNodes?: number;
}

interface BoxWords extends NodeLines {
  readonly fullName: string;
}

const lineHeight = 16;

/** Nested graphs are drawn open, as the simulators see them; a graph that cannot be flattened is drawn closed. */
function opened(graph: NirGraph): NirGraph {
  try {
    return graph.flatten();
  } catch (error) {
    if (error instanceof NirkitError) return graph;
    throw error;
  }
}

/**
 * A step length at which no delay rounds to nothing, so that each Delay breaks its loop as it does in a simulation.
 * The drawing has no time step of its own.
 */
function drawingStep(graph: NirGraph): number {
  let least = Infinity;
  for (const node of graph.nodes().values())
    if (node.type === "Delay")
      for (const delay of toFloat64(node.delay)) if (delay > 0 && delay < least) least = delay;
  return Number.isFinite(least) ? least : 1;
}

/** Feedback edges of the step order; none where the graph has no valid order (its diagnostics say why). */
function feedbackEdges(graph: NirGraph): readonly Edge[] {
  try {
    return schedule(graph, { dt: drawingStep(graph) }).feedback;
  } catch (error) {
    if (error instanceof NirkitError) return [];
    throw error;
  }
}

// Average advance of the system fonts at 12 px, with wide scripts counted double.
function textWidth(text: string, perLetter: number): number {
  let width = 0;
  for (const letter of text) width += (letter.codePointAt(0) ?? 0) > 0x2e7f ? 2 * perLetter : perLetter;
  return width;
}

function boxSize(words: NodeLines): { readonly width: number; readonly height: number } {
  const widest = Math.max(
    textWidth(words.name, 7.4),
    ...[words.subtitle, ...words.details].map((line) => textWidth(line, 6.3)),
  );
  return {
    width: Math.max(110, Math.ceil(widest) + 28),
    height: 14 + lineHeight * (2 + words.details.length),
  };
}

function drawBox(
  words: BoxWords,
  center: Point,
  size: { readonly width: number; readonly height: number },
): Svg {
  const { width, height } = size;
  const left = 14;
  const rest = [words.subtitle, ...words.details];
  return element(
    "g",
    { transform: `translate(${coordinate(center.x - width / 2)} ${coordinate(center.y - height / 2)})` },
    [
      titled(`${words.fullName}: ${rest.join("; ")}`),
      element("rect", {
        class: words.kind === "neuron" ? "frame-accent" : "frame",
        width,
        height,
        rx: words.kind === "port" ? Math.min(height / 2, 20) : 5,
        ...(words.kind === "other" ? { "stroke-dasharray": "1 3", "stroke-linecap": "round" } : {}),
      }),
      label(left, 20, words.name, { class: "strong" }),
      ...rest.map((line, index) =>
        label(left, 20 + lineHeight * (index + 1), line, { class: index === 0 ? undefined : "soft" }),
      ),
    ],
  );
}

/** A smooth line through the corner points: quadratic pieces that meet at the midpoints. */
function smoothPath(points: readonly Point[]): string {
  const at = ({ x, y }: Point): string => `${coordinate(x)} ${coordinate(y)}`;
  const [first, ...rest] = points;
  const last = rest.at(-1);
  if (first === undefined || last === undefined) return "";
  let path = `M${at(first)}`;
  for (const [index, corner] of rest.slice(0, -1).entries()) {
    const next = rest[index + 1] ?? last;
    const end = index === rest.length - 2 ? next : { x: (corner.x + next.x) / 2, y: (corner.y + next.y) / 2 };
    path += `Q${at(corner)} ${at(end)}`;
  }
  return rest.length === 1 ? `${path}L${at(last)}` : path;
}

function arrowHead(points: readonly Point[]): string {
  const tip = points.at(-1) ?? { x: 0, y: 0 };
  const before = points.at(-2) ?? tip;
  const length = Math.hypot(tip.x - before.x, tip.y - before.y) || 1;
  const [dx, dy] = [(tip.x - before.x) / length, (tip.y - before.y) / length];
  const [bx, by] = [tip.x - 8 * dx, tip.y - 8 * dy];
  const corner = (side: number): string =>
    `${coordinate(bx - side * 3.5 * dy)} ${coordinate(by + side * 3.5 * dx)}`;
  return `M${coordinate(tip.x)} ${coordinate(tip.y)}L${corner(1)}L${corner(-1)}Z`;
}

function drawLink(link: Link, route: GraphLayout["routes"][number], name: string): Svg {
  const feedback = link.feedback;
  const parts = [
    titled(feedback ? `${name}, arrives one step later` : name),
    element("path", {
      class: feedback ? "alert-line" : "line",
      d: smoothPath(route.points),
      "stroke-width": feedback ? 1.6 : 1.3,
      ...(feedback ? { "stroke-dasharray": "6 4" } : {}),
    }),
    element("path", { class: feedback ? "alert" : "soft", d: arrowHead(route.points) }),
  ];
  if (route.label !== undefined) {
    const { x, y } = route.label;
    parts.push(
      element("rect", { class: "paper", x: x - 15, y: y - 8, width: 30, height: 16, rx: 3 }),
      label(x, y + 4, "t − 1", { class: "middle alert" }),
    );
  }
  return element("g", {}, parts);
}

function tooLarge(count: number, limit: number, title: string): Svg {
  const words = `${count} nodes: more than the ${limit} that are drawn. The text form lists them all.`;
  return figure(640, 60, { title, description: words }, [label(16, 34, words, { class: "soft" })]);
}

/**
 * The graph as a layered drawing. Nested graphs are opened (`block/lif`); a box gives name, type, shapes and
 * parameters; a dashed edge marked t − 1 is a feedback edge and delivers the value of the step before.
 *
 * Graphs whose shapes or loops are wrong are drawn too, so that a person sees what is wrong.
 *
 * @example graphSvg(graph().input("in", [2]).lif("l1", { tau: 0.01, r: 1, vLeak: 0, vThreshold: 1 }).output("out").build())
 */
export function graphSvg(graph: NirGraph, options: GraphSvgOptions = {}): Svg {
  const { direction = "auto", maxNodes = 300 } = options;
  const flat = opened(graph);
  const names = [...flat.nodes().keys()];
  const title = options.title ?? "Network graph";
  if (names.length > maxNodes) return tooLarge(names.length, maxNodes, title);

  const types = flat.types();
  const boxes: readonly BoxWords[] = [...flat.nodes()].map(([name, node]) => ({
    ...nodeLines(name, node, types),
    fullName: name,
  }));
  const sizes = boxes.map(boxSize);
  const feedback = new Set((options.feedback ?? feedbackEdges(flat)).map((edge) => JSON.stringify(edge)));
  const position = new Map(names.map((name, index) => [name, index]));
  const links: Link[] = [];
  for (const edge of new Map(flat.edges().map((e) => [JSON.stringify(e), e])).values()) {
    const [from, to] = [position.get(edge[0]), position.get(edge[1])];
    if (from !== undefined && to !== undefined)
      links.push({ from, to, feedback: feedback.has(JSON.stringify(edge)) });
  }

  let placed = layoutGraph(sizes, links, direction === "down" ? "down" : "right");
  if (direction === "auto" && placed.width > 960) placed = layoutGraph(sizes, links, "down");
  const drawnLinks = links.map((link, index) =>
    drawLink(
      link,
      placed.routes[index] ?? { points: [], label: undefined },
      `${names[link.from]} → ${names[link.to]}`,
    ),
  );
  const drawnBoxes = boxes.map((words, index) =>
    drawBox(words, placed.centers[index] ?? { x: 0, y: 0 }, sizes[index] ?? { width: 0, height: 0 }),
  );
  const description =
    options.description ??
    `${names.length} nodes, ${links.length} edges, ${links.filter((l) => l.feedback).length} of them feedback.`;
  return figure(Math.max(placed.width, 120), Math.max(placed.height, 40), { title, description }, [
    ...drawnLinks,
    ...drawnBoxes,
  ]);
}
