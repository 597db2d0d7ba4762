/** A report as data: what stands in it, in which order. Strings are text, never markup. */
import type { Diagnostic } from "@nirkit/graph";
import type { Svg } from "./svg.ts";

/** A cell of a table; numbers are written with separators and stand right-aligned. */
export type Cell = string | number | boolean | null;

/** A column of a table. */
export interface Column {
  readonly name: string;
  /** `number` aligns right and keeps digits under digits; guessed from the cells when absent. */
  readonly align?: "text" | "number";
  readonly unit?: string;
}

/** A table with a caption. */
export interface TableBlock {
  readonly kind: "table";
  readonly caption?: string;
  readonly columns: readonly (string | Column)[];
  readonly rows: readonly (readonly Cell[])[];
}

/** One part of a section. */
export type Block =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "figure"; readonly svg: Svg; readonly caption?: string }
  /** Figures side by side while there is room. */
  | {
      readonly kind: "figures";
      readonly figures: readonly { readonly svg: Svg; readonly caption?: string }[];
    }
  | TableBlock
  | { readonly kind: "code"; readonly text: string; readonly caption?: string }
  | { readonly kind: "diagnostics"; readonly diagnostics: readonly Diagnostic[] }
  /** Closed until the reader opens it; always open on paper. */
  | { readonly kind: "details"; readonly summary: string; readonly blocks: readonly Block[] };

/** A headline number. */
export interface Fact {
  readonly label: string;
  readonly value: string | number;
  readonly note?: string;
  /** `good` and `bad` add a mark and a word, not just a color. */
  readonly state?: "good" | "bad";
}

/** A section with a heading. */
export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** A whole report. */
export interface Report {
  readonly title: string;
  readonly subtitle?: string;
  /** Shown large under the title, at most about six. */
  readonly facts?: readonly Fact[];
  readonly sections: readonly Section[];
  /** Last line: tool, version, graph hash. No date, so that equal input gives equal bytes. */
  readonly footer?: string;
}
