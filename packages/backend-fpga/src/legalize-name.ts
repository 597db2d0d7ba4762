/** Names from files, turned into identifiers that every tool accepts. */

/** Reserved in Verilog-2005, SystemVerilog-2017 or VHDL-2008; compared in lower case. */
const reserved: ReadonlySet<string> = new Set(
  `abs accept_on access after alias all always always_comb always_ff always_latch and architecture array assert assign
  assume assume_guarantee attribute automatic before begin bind bins binsof bit block body break buf buffer bufif0 bufif1
  bus byte case casex casez cell chandle checker class clocking cmos component config configuration const constant
  constraint context continue cover covergroup coverpoint cross deassign default defparam design disable disconnect dist
  do downto edge else elsif end endcase endchecker endclass endclocking endconfig endfunction endgenerate endgroup
  endinterface endmodule endpackage endprimitive endprogram endproperty endsequence endspecify endtable endtask entity
  enum event eventually exit expect export extends extern fairness file final first_match for force foreach forever fork
  forkjoin function generate generic genvar global group guarded highz0 highz1 if iff ifnone ignore_bins illegal_bins
  implements implies import impure in incdir include inertial initial inout input inside instance int integer
  interconnect interface intersect is join join_any join_none label large let liblist library linkage literal local
  localparam logic longint loop macromodule map matches medium mod modport module nand negedge nettype new next nexttime
  nmos nor noshowcancelled not notif0 notif1 null of on open or others out output package packed parameter pmos port
  posedge postponed primitive priority procedure process program property protected pull0 pull1 pulldown pullup
  pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase randsequence range rcmos real realtime record ref reg
  register reject reject_on release rem repeat report restrict restrict_guarantee return rnmos rol ror rpmos rtran
  rtranif0 rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared select sequence severity shared
  shortint shortreal showcancelled signal signed sla sll small soft solve specify specparam sra srl static strength
  string strong strong0 strong1 struct subtype super supply0 supply1 sync_accept_on sync_reject_on table tagged task
  then this throughout time timeprecision timeunit to tran tranif0 tranif1 transport tri tri0 tri1 triand trior trireg
  type typedef unaffected unique unique0 units unsigned until until_with untyped use uwire var variable vectored virtual
  void vpkg vprop vunit wait wait_order wand weak weak0 weak1 when while wildcard wire with within wor xnor xor`
    .split(/\s+/)
    .filter((word) => word !== ""),
);

/** True for a word that Verilog, SystemVerilog or VHDL keeps to itself, and for names of library modules. */
export function isReservedName(name: string): boolean {
  return reserved.has(name.toLowerCase()) || /^(nk|tb)_/i.test(name);
}

/**
 * Gives out identifiers, each once.
 *
 * Every character outside A–Z, a–z, 0–9 becomes `_`, runs of `_` become one and are cut at both ends (VHDL has none
 * there); an empty result or one that starts with a digit gets `n` in front; at most 32 characters; reserved words get
 * `_n` behind; a name that differs from an earlier one only in case or not at all gets `_2`, `_3` …
 */
export class NameLegalizer {
  readonly #taken = new Set<string>();

  /**
   * @example legalize("x); $finish; //") // "x_finish"
   * @example legalize("module") // "module_n"
   */
  legalize(name: string): string {
    let word = name
      .replace(/[^A-Za-z0-9]+/g, "_")
      .replace(/^_+|_+$/g, "")
      .slice(0, 32)
      .replace(/_+$/, "");
    if (!/^[A-Za-z]/.test(word)) word = `n${word}`;
    if (isReservedName(word)) word = `${word}_n`;
    let unique = word;
    for (let copy = 2; this.#taken.has(unique.toLowerCase()); copy++) unique = `${word}_${copy}`;
    this.#taken.add(unique.toLowerCase());
    return unique;
  }
}

/** A name as it may stand in a comment: printable ASCII without backslash, backtick and comment ends, 60 characters. */
export function commentName(name: string): string {
  const printable = name
    .replace(/[^\x20-\x7e]/g, "?")
    .replace(/[\\`]/g, "?")
    .replaceAll("*/", "??")
    .replaceAll("/*", "??");
  return printable.length > 60 ? `${printable.slice(0, 57)}...` : printable;
}
