import type { Chart, Row } from "./question.ts";
import { fromPeer } from "./sides/side.ts";

/** What is used of Observable Plot. */
interface Plot {
  plot(options: unknown): { setAttribute(name: string, value: string): void; readonly outerHTML: string };
  line(rows: readonly Row[], options: unknown): unknown;
  dot(rows: readonly Row[], options: unknown): unknown;
  text(rows: readonly Row[], options: unknown): unknown;
  barX(rows: readonly Row[], options: unknown): unknown;
}

const WIDTH = 760;
const HEIGHT = 380;
const MARGIN_RIGHT = 190;
/** What a line of text takes. */
const LABEL_PIXELS = 18;
/** A figure that is no figure at all would leave the scale without an end. */
const isDrawn = ({ value }: Row): boolean => Number.isFinite(value) && value > 0;

/** Draws a chart, as SVG. Both axes are logarithmic: what is compared differs by factors. */
export async function draw(chart: Chart): Promise<string> {
  const plot = await fromPeer<Plot>("@observablehq/plot");
  const { JSDOM } = await fromPeer<{
    readonly JSDOM: new (html: string) => { readonly window: { readonly document: unknown } };
  }>("jsdom");
  const rows = chart.rows.filter(isDrawn);
  const sides = [...new Set(rows.map(({ side }) => side))];
  const common = {
    document: new JSDOM("").window.document,
    width: WIDTH,
    style: { background: "white", color: "#1b1b1b", fontFamily: "system-ui, sans-serif" },
    color: { domain: sides, range: sides.map(colourOf) },
  };
  const svg = plot.plot(chart.axis === undefined ? bars(plot, chart, rows, common) : lines(plot, chart, rows, common));
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  return `${svg.outerHTML}\n`;
}

/** Ours stands out; limits stand back; peers are told apart by their names. */
function colourOf(side: string): string {
  if (side.startsWith("agenity")) return "#d6336c";
  if (side.startsWith("LangGraph")) return "#2b6cb0";
  if (side.startsWith("Mastra")) return "#2f9e6e";
  return side.startsWith("seed") ? "#b7791f" : "#8a8f98";
}

function lines(plot: Plot, { axis, unit }: Chart, rows: readonly Row[], common: object): unknown {
  const at = { x: "x", y: "value", stroke: "side" };
  return {
    ...common,
    height: HEIGHT,
    marginRight: MARGIN_RIGHT,
    x: { type: "log", label: axis, tickFormat: "," },
    y: { type: "log", label: unit, grid: true, tickFormat: "~r" },
    marks: [
      plot.line(rows, at),
      plot.dot(rows, { x: "x", y: "value", fill: "side" }),
      plot.text(labelsOf(rows), { x: "x", y: "value", text: "side", fill: "side", textAnchor: "start", dx: 8 }),
    ],
  };
}

/** Where a line ends, the side's name; where two ends are close, the lower name steps down. */
function labelsOf(rows: readonly Row[]): Row[] {
  const values = rows.map(({ value }) => value);
  const line = (Math.max(...values) / Math.min(...values)) ** (LABEL_PIXELS / HEIGHT);
  const lastX = Math.max(...rows.map(({ x }) => x ?? 0));
  let room = Number.POSITIVE_INFINITY;
  return rows
    .filter(({ x }) => x === lastX)
    .toSorted((one, other) => other.value - one.value)
    .map((row) => {
      const value = Math.min(row.value, room);
      room = value / line;
      return { ...row, value };
    });
}

function bars(plot: Plot, { unit }: Chart, rows: readonly Row[], common: object): unknown {
  const least = Math.min(...rows.map(({ value }) => value)) / 2;
  return {
    ...common,
    height: 60 + 34 * rows.length,
    marginLeft: MARGIN_RIGHT,
    marginRight: 70,
    x: { type: "log", label: unit, grid: true, tickFormat: "~r" },
    y: { label: null },
    marks: [
      plot.barX(rows, { x1: least, x2: "value", y: "side", fill: "side", sort: { y: "x2" } }),
      plot.text(rows, {
        x: "value",
        y: "side",
        text: ({ value }: Row) => Number(value.toPrecision(3)).toLocaleString("en"),
        textAnchor: "start",
        dx: 5,
      }),
    ],
  };
}
