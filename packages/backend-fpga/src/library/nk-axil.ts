/** AXI4-Lite slave: identity, control, counters and the result of the last sample. */
export const nkAxil: string = `\
// 32-bit registers in 4 KiB; a word without a register reads 0 and takes no write.
//   000 ID           004 version      008 PLAN         00C { LANES, L }
//   010 control      [0] soft reset  [1] clear state  [2] clear counters  [3] irq enable
//   014 status       [0] busy  [1] bad kind  [2] bad address  [3] a state saturated
//                    [4] result valid  [5] bad value  [6] bad TLAST; [6:1] stay until written 1
//   018 cycles low   01C their high word at the last read of 018     020 steps     024 samples
//   028 class        02C its score     030 high word of the value read last     034 of the score
//   040 + 4 l events into layer l      080 + 4 l events out of it    0C0 + 4 l its saturations
//   100 + 4 c value of class c in the last sample
//   800 where images are loaded from: { image, word }     804 the next 32 bits (nk_image)
// Cycles are counted from the first beat of a sample that waits at the door to its eos at the exit.
module nk_axil #(
  parameter [31:0] PLAN  = 0,
  parameter [15:0] LANES = 1, // of all layers
  parameter L      = 1,       // layers that are counted, at most 16
  parameter LAYERS = 1,       // layers that there are
  parameter N      = 0        // classes that can be read, at most 192; 0: no readout
) (
  input  wire          clk,
  input  wire          rst,
  input  wire [11:0]   s_axil_awaddr,
  input  wire          s_axil_awvalid,
  output wire          s_axil_awready,
  input  wire [31:0]   s_axil_wdata,
  input  wire [3:0]    s_axil_wstrb,
  input  wire          s_axil_wvalid,
  output wire          s_axil_wready,
  output wire [1:0]    s_axil_bresp,
  output reg           s_axil_bvalid,
  input  wire          s_axil_bready,
  input  wire [11:0]   s_axil_araddr,
  input  wire          s_axil_arvalid,
  output wire          s_axil_arready,
  output reg  [31:0]   s_axil_rdata,
  output wire [1:0]    s_axil_rresp,
  output wire          s_axil_rvalid,
  input  wire          s_axil_rready,
  output wire          irq,
  output wire          clear,         // layers, buffers and readout start anew
  output wire [3:0]    bad_clear,
  input  wire          busy,          // a layer works
  input  wire [3:0]    bad,           // { TLAST, value, address, kind }
  input  wire          door_valid,    // a beat waits at the first layer
  input  wire          door_fire,     // it is taken
  input  wire          door_eos,      // it is an eos
  input  wire          step_done,     // a tick or an eos leaves
  input  wire          sample_done,   // an eos leaves
  input  wire          saturated,     // a state of any layer was clamped
  input  wire [L-1:0]  event_in,      // an event is taken by layer l
  input  wire [L-1:0]  event_out,     // one leaves it
  input  wire [16*L-1:0] clamped,     // states that it clamps in this cycle
  input  wire          result_valid,  // class and score are those of a new sample
  input  wire [31:0]   result_class,
  input  wire [63:0]   result_score,
  output wire          get,           // value of class get_at is wanted
  output wire [7:0]    get_at,
  input  wire          got,
  input  wire [63:0]   value,
  output reg  [33:0]   load           // { start, write, data } of images
);
  localparam [31:0] ID      = 32'h4e49524b;
  localparam [31:0] VERSION = 32'h00010000;
  localparam [31:0] COUNT   = LAYERS;
  localparam [31:0] CLASSES = N;

  // Write: address and data are taken in any order.
  reg         aw_held;
  reg         w_held;
  reg  [9:0]  aw;
  reg  [31:0] w;
  reg         w_low;                  // the low byte is written
  wire        write  = aw_held && w_held && !s_axil_bvalid;
  wire        ctrl   = write && w_low && (aw == 10'h004);
  wire        status = write && w_low && (aw == 10'h005);
  wire        restart = ctrl && w[0];
  wire        zero   = (ctrl && w[2]) || restart;
  wire        unused_write = &{1'b0, s_axil_awaddr[1:0], s_axil_wstrb[3:1],
                               s_axil_araddr[1:0]};
  reg         irq_enable;
  reg         sticky_saturated;
  reg         sticky_result;

  assign s_axil_awready = !aw_held;
  assign s_axil_wready  = !w_held;
  assign s_axil_bresp   = 2'b00;
  assign s_axil_rresp   = 2'b00;
  assign clear          = restart || (ctrl && w[1]);
  assign bad_clear      = {4{restart}} | ({4{status}} & {w[6], w[5], w[2], w[1]});
  assign irq            = irq_enable && sticky_result;

  always @(posedge clk) begin
    if (s_axil_awvalid && !aw_held) aw <= s_axil_awaddr[11:2];
    if (s_axil_wvalid && !w_held) begin
      w     <= s_axil_wdata;
      w_low <= s_axil_wstrb[0];
    end
    load <= {write && w_low && (aw == 10'h200), write && w_low && (aw == 10'h201), w};
    if (rst) begin
      aw_held       <= 1'b0;
      w_held        <= 1'b0;
      s_axil_bvalid <= 1'b0;
      irq_enable    <= 1'b0;
    end else begin
      aw_held <= !write && (aw_held || s_axil_awvalid);
      w_held  <= !write && (w_held || s_axil_wvalid);
      if (write) s_axil_bvalid <= 1'b1;
      else if (s_axil_bready) s_axil_bvalid <= 1'b0;
      if (restart) irq_enable <= 1'b0;
      else if (ctrl) irq_enable <= w[3];
    end
    sticky_saturated <= !rst && !restart && (saturated || (sticky_saturated && !(status && w[3])));
    sticky_result    <= !rst && !restart && (result_valid || (sticky_result && !(status && w[4])));
  end

  // Counters
  reg  [63:0]     cycles;
  reg  [31:0]     steps;
  reg  [31:0]     samples;
  reg  [32*L-1:0] in_count;
  reg  [32*L-1:0] out_count;
  reg  [32*L-1:0] clamp_count;
  reg             partial;            // a sample has begun at the door
  reg  [15:0]     flying;             // samples that have passed it and not left
  wire            working = door_valid || partial || (flying != 16'd0);
  integer         l;

  always @(posedge clk) begin
    if (rst || clear) begin
      partial <= 1'b0;
      flying  <= 16'd0;
    end else begin
      if (door_fire) partial <= !door_eos;
      if (door_fire && door_eos && !sample_done) flying <= flying + 16'd1;
      if (sample_done && !(door_fire && door_eos)) flying <= flying - 16'd1;
    end
    if (rst || zero) begin
      cycles      <= 64'd0;
      steps       <= 32'd0;
      samples     <= 32'd0;
      in_count    <= {(32*L){1'b0}};
      out_count   <= {(32*L){1'b0}};
      clamp_count <= {(32*L){1'b0}};
    end else begin
      if (working) cycles <= cycles + 64'd1;
      if (step_done) steps <= steps + 32'd1;
      if (sample_done) samples <= samples + 32'd1;
      for (l = 0; l < L; l = l + 1) begin
        if (event_in[l]) in_count[32*l +: 32] <= in_count[32*l +: 32] + 32'd1;
        if (event_out[l]) out_count[32*l +: 32] <= out_count[32*l +: 32] + 32'd1;
        clamp_count[32*l +: 32] <= clamp_count[32*l +: 32] + {16'd0, clamped[16*l +: 16]};
      end
    end
  end

  // Read
  localparam [1:0] IDLE = 2'd0, LOOK = 2'd1, SHOW = 2'd2;
  reg  [1:0]  state;
  reg  [9:0]  ra;                     // word
  reg  [31:0] cycles_high;
  reg  [31:0] value_high;
  reg  [31:0] word;
  wire [9:0]  class_at = ra - 10'h040;
  wire        is_value;

  generate
    if (N == 0) begin : g_no_values
      wire unused_class = &{1'b0, class_at, CLASSES};
      assign is_value = 1'b0;
    end else begin : g_values
      assign is_value = (ra >= 10'h040) && ({22'd0, class_at} < CLASSES);
    end
  endgenerate

  assign get            = (state == LOOK) && is_value;
  assign get_at         = class_at[7:0];
  assign s_axil_arready = (state == IDLE);
  assign s_axil_rvalid  = (state == SHOW);

  integer i;
  always @* begin
    word = 32'd0;
    case (ra)
      10'h000: word = ID;
      10'h001: word = VERSION;
      10'h002: word = PLAN;
      10'h003: word = {LANES, COUNT[15:0]};
      10'h004: word = {28'd0, irq_enable, 3'd0};
      10'h005: word = {25'd0, bad[3:2], sticky_result, sticky_saturated, bad[1:0], busy || working};
      10'h006: word = cycles[31:0];
      10'h007: word = cycles_high;
      10'h008: word = steps;
      10'h009: word = samples;
      10'h00a: word = result_class;
      10'h00b: word = result_score[31:0];
      10'h00c: word = value_high;
      10'h00d: word = result_score[63:32];
      default:
        for (i = 0; i < L; i = i + 1)
          if (ra[3:0] == i[3:0]) begin
            if (ra[9:4] == 6'd1) word = in_count[32*i +: 32];
            if (ra[9:4] == 6'd2) word = out_count[32*i +: 32];
            if (ra[9:4] == 6'd3) word = clamp_count[32*i +: 32];
          end
    endcase
  end

  always @(posedge clk) begin
    if (rst) state <= IDLE;
    else case (state)
      IDLE: if (s_axil_arvalid) state <= LOOK;
      LOOK: if (!is_value || got) state <= SHOW;
      default: if (s_axil_rready) state <= IDLE;
    endcase
    if (s_axil_arvalid && state == IDLE) ra <= s_axil_araddr[11:2];
    if (state == LOOK) s_axil_rdata <= is_value ? value[31:0] : word;
    if (state == LOOK && is_value) value_high <= value[63:32];
    if (state == LOOK && ra == 10'h006) cycles_high <= cycles[63:32];
  end
endmodule
`;
