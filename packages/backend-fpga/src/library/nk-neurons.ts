/** The neurons of a layer: leak, drive, spike test, reset, storage. */
import { neuronParameters } from "./neuron-parameters.ts";

/** Verilog of nk_neurons. */
export const nkNeurons: string = `\
// The neurons of a layer, P lanes side by side. In the cycle after re the word of that cycle's k
// stands in k2 and is updated; with we its new state is written. From ACC, U (and J):
//   in  = (ACC << F) + B
//   x   = leak(U) + in                             LIF, IF, LI, I (CUBA = 0)
//   J'  = clamp(leak_s(J) + in), x = leak(U) + (CUBA == 1 ? J' : J)
//   s   = x >= TH                                  (TH folds > and >=)
//   y   = s ? (RESET == 1 ? VR : RESET == 2 ? x - SUB : x) : x
//   U'  = clamp(y)                                 WRAP: low VB bits instead
// With a STEP, U' and J' are the nearest multiples of it, the lower one of two (nk_grid); stored is
// how many times it.
// RDELAY: the reset is applied one step later, to the neurons whose bit of the last step is set:
//   RESET 1  the step starts from U = VR;  RESET 2  x = leak(U) + in - SUB
// SDELAY: the spikes of the last step leave instead of those of this step.
// Formats: ACC AB.0; U, J VB and x, B, TH, SUB, VR XW bits, all with F fractional bits.
module nk_neurons #(
  parameter P       = 1,     // lanes
  parameter K       = 1,     // words
  parameter KW      = 1,     // bits of k
  parameter PK      = 1,     // parameter words
  parameter PKW     = 1,     // bits of pk
${neuronParameters}  parameter LOAD    = 0,     // images are loaded (nk_image)
  parameter [7:0] ID = 0,    // first one of the layer
  parameter DSP     = 0,     // hard multipliers
  parameter STYLE   = "auto", // ram_style of the memories that are written
  parameter RSTYLE  = "auto"  // rom_style of the images
) (
  input  wire            clk,
  input  wire            clear,       // write zeros to word k
  input  wire            re,          // read word k
  input  wire            we,          // write word k2
  input  wire [KW-1:0]   k,
  input  wire [KW-1:0]   k2,
  input  wire [PKW-1:0]  pk,          // parameter word of word k
  input  wire [P-1:0]    in_use,      // lanes of word k2 that hold a neuron
  input  wire [P*AB-1:0] acc,         // ACC of word k2
  output wire [P*VB-1:0] u_new,       // U' of word k2
  output wire [P-1:0]    flags,       // what leaves: spikes, or all lanes in use for a readout
  output wire [P-1:0]    clamped,     // U' was clamped
  output wire [P-1:0]    clamped_j,   // J' was clamped
  input  wire [33:0]     load         // of images
);
  // Images by role, as in the register map.
  localparam [7:0] TH_ID = 8'd4, SUB_ID = 8'd5, VR_ID = 8'd6, BIAS_ID = 8'd7, LMUL_ID = 8'd8;
  localparam [7:0] SMUL_ID = 8'd9;
  wire unused_ids = &{1'b0, ID, TH_ID, SUB_ID, VR_ID, BIAS_ID, LMUL_ID, SMUL_ID, load};
  wire [P-1:0]    spikes;
  wire [P-1:0]    fired;     // spikes of the last step
  // Read only where there is a memory.
  wire            unused_control = &{1'b0, clk, clear, re, we, k, k2, pk};

  wire [P*XW-1:0] bias;
  wire [P*XW-1:0] ins;       // (ACC << F) + B
  wire [P*XW-1:0] x0;        // leak(U) + in
  wire [P*XW-1:0] x;         // before the spike test
  wire [P*XW-1:0] y;         // after the reset
  wire [P*XW-1:0] vr;
  wire [P*VB-1:0] u_kept;    // clamped or wrapped
  wire [P*SB-1:0] u_stored;
  wire            unused_stored = &{1'b0, u_stored};  // kept only with a state
  wire            unused_vr = &{1'b0, vr};   // read only where a reset sets it

  genvar g;
  generate
    if (BIAS_MEM != 0) begin : g_bias
      nk_image #(
        .W(P*XW), .DEPTH(PK), .AW(PKW), .FILE(BIAS_FILE), .STYLE(RSTYLE), .LOAD(LOAD),
        .ID(ID + BIAS_ID)
      ) rom (
        .clk(clk), .re(re), .addr(pk), .q(bias), .load(load)
      );
    end else begin : g_bias_fixed
      assign bias = {P{BIAS}};
    end

    for (g = 0; g < P; g = g + 1) begin : g_neuron
      wire signed [XW-1:0] a = {{(XW-AB){acc[g*AB+AB-1]}}, acc[g*AB +: AB]};
      wire signed [XW-1:0] yg = y[g*XW +: XW];
      assign ins[g*XW +: XW] = (a <<< F) + $signed(bias[g*XW +: XW]);
      if (WRAP != 0) begin : g_wrap
        wire unused_carry = &{1'b0, yg};
        assign clamped[g] = 1'b0;
        assign u_kept[g*VB +: VB] = yg[VB-1:0];
      end else begin : g_clamp
        wire above = (yg > VMAX);
        wire below = (yg < VMIN);
        assign clamped[g] = in_use[g] && (STATE != 0 || SPIKING == 0) && (above || below);
        assign u_kept[g*VB +: VB] = above ? VMAX[VB-1:0] : below ? VMIN[VB-1:0] : yg[VB-1:0];
      end
      nk_grid #(.VB(VB), .SB(SB), .STEP(STEP), .LOW(VMIN[VB-1:0])) grid (
        .kept(u_kept[g*VB +: VB]), .stored(u_stored[g*SB +: SB]), .level(u_new[g*VB +: VB])
      );
    end

    if (STATE == 0) begin : g_stateless
      assign x0 = ins;
      assign clamped_j = {P{1'b0}};
    end else begin : g_state
      wire [P*SB-1:0]  u;
      wire [P*XW-1:0]  drive;      // added to leak(U)
      wire [P*LMB-1:0] factor;

      nk_ram #(.W(P*SB), .DEPTH(K), .AW(KW), .STYLE(STYLE)) membranes (
        .clk(clk), .we(clear || we), .waddr(clear ? k : k2),
        .wdata(clear ? {(P*SB){1'b0}} : u_stored), .re(re), .raddr(k), .q(u)
      );
      if (LMUL_MEM != 0) begin : g_factor
        nk_image #(
          .W(P*LMB), .DEPTH(PK), .AW(PKW), .FILE(LMUL_FILE), .STYLE(RSTYLE), .LOAD(LOAD),
          .ID(ID + LMUL_ID)
        ) rom (
          .clk(clk), .re(re), .addr(pk), .q(factor), .load(load)
        );
      end else begin : g_factor_fixed
        assign factor = {P{LMUL}};
      end

      if (CUBA == 0) begin : g_direct
        assign drive = ins;
        assign clamped_j = {P{1'b0}};
      end else begin : g_current
        wire [P*SB-1:0]  j;
        wire [P*SB-1:0]  j_stored;
        wire [P*SMB-1:0] s_factor;
        nk_ram #(.W(P*SB), .DEPTH(K), .AW(KW), .STYLE(STYLE)) currents (
          .clk(clk), .we(clear || we), .waddr(clear ? k : k2),
          .wdata(clear ? {(P*SB){1'b0}} : j_stored), .re(re), .raddr(k), .q(j)
        );
        if (SMUL_MEM != 0) begin : g_factor
          nk_image #(
            .W(P*SMB), .DEPTH(PK), .AW(PKW), .FILE(SMUL_FILE), .STYLE(RSTYLE), .LOAD(LOAD),
            .ID(ID + SMUL_ID)
          ) rom (
            .clk(clk), .re(re), .addr(pk), .q(s_factor), .load(load)
          );
        end else begin : g_factor_fixed
          assign s_factor = {P{SMUL}};
        end
        for (g = 0; g < P; g = g + 1) begin : g_lane
          wire signed [XW-1:0] leaked;
          wire signed [XW-1:0] jx = leaked + $signed(ins[g*XW +: XW]);
          wire signed [VB-1:0] jk;    // clamped or wrapped
          wire signed [VB-1:0] jn;
          wire signed [VB-1:0] jo;
          nk_level #(.VB(VB), .SB(SB), .STEP(STEP)) old (.stored(j[g*SB +: SB]), .level(jo));
          nk_grid #(.VB(VB), .SB(SB), .STEP(STEP), .LOW(VMIN[VB-1:0])) grid (
            .kept(jk), .stored(j_stored[g*SB +: SB]), .level(jn)
          );
          wire signed [VB-1:0] jd = (CUBA == 1) ? jn : jo;
          if (SLEAK == 0) begin : g_leak
            wire unused_factor = &{1'b0, s_factor[g*SMB +: SMB]};
            nk_leak #(.VB(VB), .XW(XW), .SHIFT(SSHIFT)) leak (.u(jo), .y(leaked));
          end else begin : g_leak
            nk_leak_mul #(.VB(VB), .XW(XW), .MB(SMB), .SHIFT(SSHIFT), .ROUND(SROUND), .DSP(DSP))
              leak (.u(jo), .mul(s_factor[g*SMB +: SMB]), .y(leaked));
          end
          if (WRAP != 0) begin : g_wrap
            wire unused_carry = &{1'b0, jx};
            assign clamped_j[g] = 1'b0;
            assign jk = jx[VB-1:0];
          end else begin : g_clamp
            wire above = (jx > VMAX);
            wire below = (jx < VMIN);
            assign clamped_j[g] = in_use[g] && (above || below);
            assign jk = above ? VMAX[VB-1:0] : below ? VMIN[VB-1:0] : jx[VB-1:0];
          end
          assign drive[g*XW +: XW] = {{(XW-VB){jd[VB-1]}}, jd};
        end
      end

      for (g = 0; g < P; g = g + 1) begin : g_lane
        wire signed [VB-1:0] un;
        wire signed [VB-1:0] ug;
        nk_level #(.VB(VB), .SB(SB), .STEP(STEP)) old (.stored(u[g*SB +: SB]), .level(un));
        if (RDELAY != 0 && RESET == 1) begin : g_start
          wire unused_high = &{1'b0, vr[g*XW +: XW]};
          assign ug = fired[g] ? vr[g*XW +: VB] : un;
        end else begin : g_start
          assign ug = un;
        end
        wire signed [XW-1:0] leaked;
        if (LEAK == 0) begin : g_leak
          wire unused_factor = &{1'b0, factor[g*LMB +: LMB]};
          nk_leak #(.VB(VB), .XW(XW), .SHIFT(LSHIFT)) leak (.u(ug), .y(leaked));
        end else begin : g_leak
          nk_leak_mul #(.VB(VB), .XW(XW), .MB(LMB), .SHIFT(LSHIFT), .ROUND(LROUND), .DSP(DSP))
            leak (.u(ug), .mul(factor[g*LMB +: LMB]), .y(leaked));
        end
        assign x0[g*XW +: XW] = leaked + $signed(drive[g*XW +: XW]);
      end
    end
  endgenerate

  // Spikes
  generate
    if (SPIKING == 0) begin : g_readout
      assign spikes = in_use;
      assign vr     = {P{VR}};
      assign x      = x0;
      assign y      = x;
    end else begin : g_fire
      wire [P*XW-1:0] th;
      if (TH_MEM != 0) begin : g_th
        nk_image #(
          .W(P*XW), .DEPTH(PK), .AW(PKW), .FILE(TH_FILE), .STYLE(RSTYLE), .LOAD(LOAD),
          .ID(ID + TH_ID)
        ) rom (
          .clk(clk), .re(re), .addr(pk), .q(th), .load(load)
        );
      end else begin : g_th_fixed
        assign th = {P{TH}};
      end
      for (g = 0; g < P; g = g + 1) begin : g_lane
        assign spikes[g] = in_use[g] && ($signed(x[g*XW +: XW]) >= $signed(th[g*XW +: XW]));
      end

      if (VR_MEM != 0) begin : g_vr
        nk_image #(
          .W(P*XW), .DEPTH(PK), .AW(PKW), .FILE(VR_FILE), .STYLE(RSTYLE), .LOAD(LOAD),
          .ID(ID + VR_ID)
        ) rom (
          .clk(clk), .re(re), .addr(pk), .q(vr), .load(load)
        );
      end else begin : g_vr_fixed
        assign vr = {P{VR}};
      end
      if (RESET != 2) begin : g_x
        assign x = x0;
      end
      if (RESET == 1 && RDELAY == 0) begin : g_value
        for (g = 0; g < P; g = g + 1) begin : g_lane
          assign y[g*XW +: XW] = spikes[g] ? vr[g*XW +: XW] : x[g*XW +: XW];
        end
      end else if (RESET == 2) begin : g_subtract
        wire [P*XW-1:0] sub;
        if (SUB_MEM != 0) begin : g_sub
          nk_image #(
            .W(P*XW), .DEPTH(PK), .AW(PKW), .FILE(SUB_FILE), .STYLE(RSTYLE), .LOAD(LOAD),
            .ID(ID + SUB_ID)
          ) rom (
            .clk(clk), .re(re), .addr(pk), .q(sub), .load(load)
          );
        end else begin : g_sub_fixed
          assign sub = {P{SUB}};
        end
        for (g = 0; g < P; g = g + 1) begin : g_lane
          wire late  = (RDELAY != 0) && fired[g];
          wire early = (RDELAY == 0) && spikes[g];
          assign x[g*XW +: XW] = late ? x0[g*XW +: XW] - sub[g*XW +: XW] : x0[g*XW +: XW];
          assign y[g*XW +: XW] = early ? x[g*XW +: XW] - sub[g*XW +: XW] : x[g*XW +: XW];
        end
      end else begin : g_keep
        assign y = x;
      end
    end
  endgenerate

  // The spikes of the last step
  generate
    if (SDELAY != 0 || RDELAY != 0) begin : g_last_step
      nk_ram #(.W(P), .DEPTH(K), .AW(KW), .STYLE(STYLE)) bitmap (
        .clk(clk), .we(clear || we), .waddr(clear ? k : k2),
        .wdata(clear ? {P{1'b0}} : spikes), .re(re), .raddr(k), .q(fired)
      );
    end else begin : g_last_step
      assign fired = {P{1'b0}};
    end
  endgenerate
  assign flags = (SDELAY != 0) ? fired : spikes;
endmodule
`;
