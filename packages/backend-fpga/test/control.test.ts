import { describe, expect, test } from "vitest";
import { benchFiles } from "../src/bench.ts";
import { emitFpga } from "../src/emit.ts";
import { planFpga } from "../src/plan.ts";
import { acceptanceDesigns, type Design } from "./designs.ts";
import { hasTool, icarus } from "./outside.ts";

/** Sends the first beats of a sample, writes CONTROL, then sends the whole sample and prints what leaves. */
function bench(words: readonly string[], begun: number, control: number): string {
  return `
module tb_top;
  reg aclk = 0;
  reg aresetn = 0;
  reg [31:0] words [0:${words.length - 1}];
  reg [31:0] data = 0;
  reg valid = 0;
  wire ready;
  wire [31:0] m_data;
  wire m_valid;
  wire m_last;
  reg awv = 0;
  reg wv = 0;
  wire awr, wr, bv, arr, rv;
  wire [1:0] br, rr;
  reg [11:0] ara = 0;
  reg arv = 0;
  wire [31:0] rd;
  wire irq;
  wire [4:0] status;
  integer i;
  reg shown = 0;
  snn_top dut (
    .aclk(aclk), .aresetn(aresetn), .s_axis_tdata(data), .s_axis_tvalid(valid),
    .s_axis_tlast(data[31:30] == 2'd2), .s_axis_tready(ready), .m_axis_tdata(m_data),
    .m_axis_tvalid(m_valid), .m_axis_tlast(m_last), .m_axis_tready(1'b1),
    .s_axil_awaddr(12'h010), .s_axil_awvalid(awv), .s_axil_awready(awr), .s_axil_wdata(32'd${control}),
    .s_axil_wstrb(4'hf), .s_axil_wvalid(wv), .s_axil_wready(wr), .s_axil_bresp(br), .s_axil_bvalid(bv),
    .s_axil_bready(1'b1), .s_axil_araddr(ara), .s_axil_arvalid(arv), .s_axil_arready(arr),
    .s_axil_rdata(rd), .s_axil_rresp(rr), .s_axil_rvalid(rv), .s_axil_rready(1'b1), .irq(irq),
    .status(status)
  );
  always #5 aclk = !aclk;
  task send;
    input [31:0] word;
    begin
      data = word;
      valid = 1;
      while (!ready) @(negedge aclk);
      @(negedge aclk);
      valid = 0;
    end
  endtask
  task show;
    input [11:0] at;
    begin
      ara = at;
      arv = 1;
      @(negedge aclk);
      arv = 0;
      while (!rv) @(negedge aclk);
      $display("%h=%h", at, rd);
      repeat (2) @(negedge aclk);
    end
  endtask
  always @(posedge aclk) if (shown && m_valid) $display("%h", m_data);
  initial begin
${words.map((word, k) => `    words[${k}] = 32'h${word};`).join("\n")}
    repeat (4) @(negedge aclk);
    aresetn = 1;
    repeat (60) @(negedge aclk);
    for (i = 0; i < ${begun}; i = i + 1) send(words[i]);
    send(32'hc0000000);
    repeat (60) @(negedge aclk);
    awv = 1;
    wv = 1;
    @(negedge aclk);
    awv = 0;
    wv = 0;
    repeat (60) @(negedge aclk);
    shown = 1;
    for (i = 0; i < ${words.length}; i = i + 1) send(words[i]);
    repeat (400) @(negedge aclk);
    shown = 0;
    show(12'h014);
    show(12'h020);
    show(12'h024);
    show(12'h040);
    show(12'h028);
    $finish;
  end
endmodule
`;
}

describe.runIf(hasTool("iverilog"))("CONTROL in the middle of a sample", () => {
  const design = acceptanceDesigns().find(({ name }) => name.startsWith("N = 10")) as Design;
  const plan = planFpga(design.network, { axiLite: true, pe: 2 });
  const input = design.inputs[0] as Design["inputs"][number];
  const vectors = benchFiles(plan, [input]);
  const lines = (path: string): string[] =>
    `${vectors.files.find((file) => file.path === path)?.content}`.trimEnd().split("\n");
  const sent = lines("tb/in.mem");
  const expected = lines("tb/exp.mem");
  // All but its last word, the eos.
  const begun = sent.length - 1;
  const value = (address: string): number =>
    Number.parseInt(
      lines("tb/registers.mem")
        .find((line) => line.startsWith(`${address} `))
        ?.split(" ")[1] as string,
      16,
    );
  const run = (control: number): { beats: string[]; registers: Record<string, number> } => {
    const said = icarus([
      ...emitFpga(plan).filter(({ path }) => !path.startsWith("tb/")),
      { path: "tb/tb_top.v", content: bench(sent, begun, control) },
    ])
      .split("\n")
      .filter((line) => /^[0-9a-f]+(=[0-9a-f]+)?$/.test(line));
    const pairs = said.filter((line) => line.includes("=")).map((line) => line.split("="));
    return {
      beats: said.filter((line) => !line.includes("=")),
      registers: Object.fromEntries(pairs.map(([at, word]) => [at, Number.parseInt(word as string, 16)])),
    };
  };
  const steps = value("20");
  const events = value("40");
  const winner = value("28");
  const beforeTick = sent.slice(0, begun).filter((word) => word === "40000000").length;
  const before = begun - beforeTick;

  test("without it the sample that follows is another: what the test below could not see otherwise", () => {
    expect(run(0).beats).not.toEqual(expected);
  });

  test("clear state: the next sample leaves as from rest; counters and sticky bits stay", () => {
    const { beats, registers } = run(2);
    expect(beats).toEqual(expected);
    expect(registers["014"]).toBe(0x12 | ((registers["014"] as number) & 8));
    expect(registers["020"]).toBe(steps + beforeTick);
    expect(registers["024"]).toBe(1);
    expect(registers["040"]).toBe(events + before);
    expect(registers["028"]).toBe(winner);
  });

  test("soft reset: counters and sticky bits start anew too", () => {
    const { beats, registers } = run(1);
    expect(beats).toEqual(expected);
    expect((registers["014"] as number) & 0x77).toBe(0x10);
    expect(registers["020"]).toBe(steps);
    expect(registers["040"]).toBe(events);
    expect(registers["028"]).toBe(winner);
  });

  test("clear counters: the sample goes on, the counters start anew", () => {
    const { beats, registers } = run(4);
    expect(beats).toEqual(run(0).beats);
    expect(registers["040"]).toBe(events);
    expect((registers["014"] as number) & 2).toBe(2);
  });
});
