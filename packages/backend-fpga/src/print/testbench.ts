/** The self-checking test bench. */
import { sizeOf } from "@nirkit/graph";
import { layerArcs } from "../layer-arc.ts";
import type { FpgaPlan, LayerPlan } from "../plan-types.ts";
import { header } from "./header.ts";
import { imageBits, imageChecks } from "./image-check.ts";
import { type RegisterBench, registerBench } from "./testbench-registers.ts";

/** Text of `tb/tb_top.v`, Verilog-2005. */
export function printTestbench(plan: FpgaPlan): string {
  const last = plan.layers.at(-1) as LayerPlan;
  const text = [
    ...header(plan, "//", `Test bench of ${plan.design}_top`),
    "//",
    ...body(plan.streams.input.width, plan.streams.output.width, registerBench(plan))
      .replaceAll("@DESIGN@", `${plan.design}_top`)
      .replaceAll("@LAYER@", last.name)
      .replaceAll("@STALL@", String(stallLimit(plan)))
      .replaceAll("@IMAGE_TOP@", String(imageBits(plan) - 1))
      .replaceAll("@IMAGES@", imageChecks(plan).join("\n"))
      .split("\n"),
  ];
  return `${text.join("\n")}\n`;
}

/** More cycles than the design can ever spend between two handshakes. */
function stallLimit(plan: FpgaPlan): number {
  return plan.layers.reduce((sum, layer) => {
    const replay = layer.projections.length > 1 ? layer.words * (1 + layer.neurons) : 0;
    const arcs = layerArcs(layer).map(({ conv }) =>
      conv === null ? layer.words : layer.rowWords * sizeOf(conv.kernel),
    );
    const waiting = layer.arcs?.map(
      ({ depth, delay }, k) => Math.ceil(depth / Math.max(1, delay)) * (arcs[k] ?? 1),
    );
    return (
      sum +
      4 * (layer.words + replay + layer.neurons) +
      (waiting ?? arcs.map((event) => plan.options.fifoDepth * event)).reduce((a, b) => a + b, 0)
    );
  }, 1000);
}

function body(inputWidth: number, outputWidth: number, registers: RegisterBench): string {
  return `\
// Sends the words of in.mem and compares every word that leaves with exp.mem, both hexadecimal, one
// per line, in the folder in which the simulator runs. Pass 1: valid and ready always 1; the cycles
// from the first word in to the last word out, both counted, must equal cycles.mem where that file
// exists. Pass 2: after a reset, pseudo-random valid and ready. Then the images that the design
// holds are compared with their sums, so that a changed bit that no sample shows is seen. Ends with
// one line:
//   NIRKIT_PASS beats=<n> cycles=<n>
//   NIRKIT_FAIL first=<beat> exp=<hex> got=<hex> layer=<name>
// The layer of a changed image is <name>/<file>.${registers.comment}
// Plusargs: +seed=<hex> of pass 2, +bad=<hex> status bits [4:1] that are expected.
module tb_top;
  localparam LAYER = "@LAYER@";
  localparam STALL = @STALL@;   // cycles without any handshake that mean a dead lock
  localparam DRAIN = 64;       // cycles after the last word in which nothing may follow

  reg         aclk = 1'b0;
  reg         aresetn = 1'b0;
  reg  [${inputWidth - 1}:0] s_data = ${inputWidth}'d0;
  reg         s_valid = 1'b0;
  wire        s_ready;
  wire [${outputWidth - 1}:0] m_data;
  wire        m_valid;
  wire        m_last;
  reg         m_ready = 1'b0;
  wire [4:0]  status;
${registers.declarations}
  @DESIGN@ dut (
    .aclk(aclk), .aresetn(aresetn),
    .s_axis_tdata(s_data), .s_axis_tvalid(s_valid), .s_axis_tready(s_ready),
    .s_axis_tlast(s_data[${inputWidth - 1}:${inputWidth - 2}] == 2'd2),
    .m_axis_tdata(m_data), .m_axis_tvalid(m_valid), .m_axis_tready(m_ready),
    .m_axis_tlast(m_last),${registers.pins} .status(status)
  );

  reg  [${inputWidth - 1}:0] in_word;
  reg  [${outputWidth - 1}:0] exp_word;
  reg  [${outputWidth - 1}:0] held;      // word that was offered and not taken
  reg         holding = 1'b0;
  reg         in_left;             // in_word is still to be sent
  reg         exp_left;            // exp_word is still to come
  reg  [31:0] want_cycles;
  reg  [31:0] lfsr;
  reg  [31:0] seed;
  reg  [3:0]  want_bad;
  integer     in_file;
  integer     exp_file;
  integer     cycles_file;
  integer     pass = 0;
  integer     wait_left = 0;       // cycles of reset
  integer     cycle = 0;
  integer     first_cycle;
  integer     last_cycle;
  integer     pass1_cycles = 0;
  integer     beats;
  integer     quiet;               // cycles since the last handshake
  integer     after;               // cycles since the last expected word
  integer     i;
  integer     j;
  reg  [31:0] sum;                 // of an image
  reg  [@IMAGE_TOP@:0] word;       // of an image
  reg  [8*100-1:0] image;          // its layer and file
  reg         started;
  reg         over = 1'b0;

  always #5 aclk = !aclk;

  initial begin
    if (!$value$plusargs("seed=%h", seed)) seed = 32'h4e49524b;
    if (!$value$plusargs("bad=%h", want_bad)) want_bad = 4'd0;
    lfsr = (seed == 32'd0) ? 32'd1 : seed;
    $display("NIRKIT_SEED %h", lfsr);
    want_cycles = 32'd0;
    cycles_file = $fopen("cycles.mem", "r");
    if (cycles_file != 0) begin
      if ($fscanf(cycles_file, "%h", want_cycles) != 1) want_cycles = 32'd0;
      $fclose(cycles_file);
    end
    start_pass;
  end

  task start_pass;
    begin
      pass = pass + 1;
      in_file = $fopen("in.mem", "r");
      exp_file = $fopen("exp.mem", "r");
      in_left = (in_file != 0) && ($fscanf(in_file, "%h", in_word) == 1);
      exp_left = (exp_file != 0) && ($fscanf(exp_file, "%h", exp_word) == 1);
      beats = 0;
      quiet = 0;
      after = 0;
      started = 1'b0;
      first_cycle = 0;
      last_cycle = 0;
      wait_left = 8;
      if (!in_left || !exp_left) begin
        $display("NIRKIT_FAIL first=0 exp=in.mem,exp.mem got=none layer=%0s", LAYER);
        over = 1'b1;
        $finish;
      end
    end
  endtask

  task fail;
    begin
      over = 1'b1;
      $finish;
    end
  endtask

  task end_pass;
    begin
      $fclose(in_file);
      $fclose(exp_file);${registers.check}
      if (status[4:1] !== want_bad) begin
        $display("NIRKIT_FAIL first=%0d exp=%h got=%h layer=status", beats, want_bad, status[4:1]);
        fail;
      end else if (pass == 1) begin
        pass1_cycles = last_cycle - first_cycle + 1;
        if (want_cycles != 32'd0 && pass1_cycles != want_cycles) begin
          $display("NIRKIT_FAIL first=%0d exp=%h got=%h layer=cycles",
                   beats, want_cycles, pass1_cycles);
          fail;
        end else begin
          start_pass;
        end
      end else begin
        check_images;
        if (!over) begin
          $display("NIRKIT_PASS beats=%0d cycles=%0d", beats, pass1_cycles);
          over = 1'b1;
          $finish;
        end
      end
    end
  endtask

${registers.tasks}
  task add_word;
    input integer chunks;          // of 32 bits, the low one first
    for (j = 0; j < chunks; j = j + 1) sum = (sum ^ word[32*j +: 32]) * 32'h01000193;
  endtask

  task compare_sum;
    input [31:0] want;
    if (!over && sum !== want) begin
      $display("NIRKIT_FAIL first=%0d exp=%h got=%h layer=%0s", beats, want, sum, image);
      fail;
    end
  endtask

  task check_images;
    begin
@IMAGES@
    end
  endtask

  always @(posedge aclk) if (!over) begin
    cycle = cycle + 1;
    lfsr = {lfsr[30:0], lfsr[31] ^ lfsr[21] ^ lfsr[1] ^ lfsr[0]};
    if (wait_left > 0) begin
      wait_left = wait_left - 1;
      aresetn <= (wait_left < 4);
      s_valid <= 1'b0;
      m_ready <= 1'b0;
      holding <= 1'b0;
    end else if (!started) begin
      // The clear after reset ends at its own time in every layer: begin when all are idle.
      started = !status[0];${registers.load}
      m_ready <= started;
      quiet = quiet + 1;
    end else begin
      quiet = quiet + 1;
${registers.cycle}
      if (s_valid && s_ready) begin
        if (first_cycle == 0) first_cycle = cycle;
        quiet = 0;
      end
      if (!s_valid || s_ready) begin
        if (in_left && (pass == 1 || lfsr[7:6] != 2'd0)) begin
          s_data <= in_word;
          s_valid <= 1'b1;
          in_left = ($fscanf(in_file, "%h", in_word) == 1);
        end else begin
          s_valid <= 1'b0;
        end
      end

      if (holding && (m_valid !== 1'b1 || m_data !== held)) begin
        $display("NIRKIT_FAIL first=%0d exp=%h got=%h layer=handshake", beats, held, m_data);
        fail;
      end else if (m_valid && m_ready) begin
        quiet = 0;
        last_cycle = cycle;
        if (!exp_left) begin
          $display("NIRKIT_FAIL first=%0d exp=none got=%h layer=%0s", beats, m_data, LAYER);
          fail;
        end else if (m_data !== exp_word ||
                     m_last !== (m_data[${outputWidth - 1}:${outputWidth - 2}] == 2'd2)) begin
          $display("NIRKIT_FAIL first=%0d exp=%h got=%h layer=%0s", beats, exp_word, m_data, LAYER);
          fail;
        end
        beats = beats + 1;
        exp_left = ($fscanf(exp_file, "%h", exp_word) == 1);
      end
      holding <= m_valid && !m_ready;
      held <= m_data;
      m_ready <= (pass == 1) || (lfsr[4] ^ lfsr[13]);

      if (!over) begin
        if (!exp_left && !in_left && !s_valid) begin
          after = after + 1;
          if (after == DRAIN) end_pass;
        end else if (quiet > STALL) begin
          $display("NIRKIT_FAIL first=%0d exp=%h got=timeout layer=%0s", beats, exp_word, LAYER);
          fail;
        end
      end
    end
  end
endmodule`;
}
