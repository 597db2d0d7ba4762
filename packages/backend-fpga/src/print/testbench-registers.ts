/** What the bench does with the AXI4-Lite registers; nothing where the design has none. */
import type { FpgaPlan } from "../plan-types.ts";

/** Parts of the bench, by place. */
export interface RegisterBench {
  readonly comment: string;
  readonly declarations: string;
  readonly pins: string;
  /** Statement before the first word of a pass. */
  readonly load: string;
  /** Statement before the result of a pass. */
  readonly check: string;
  readonly tasks: string;
  /** Statement of every cycle of a pass. */
  readonly cycle: string;
}

const nothing: RegisterBench = {
  comment: "",
  declarations: "",
  pins: "",
  load: "",
  check: "",
  tasks: "",
  cycle: "",
};

/** The parts for one design. */
export function registerBench({ registers, options }: FpgaPlan): RegisterBench {
  if (registers === undefined) return nothing;
  if (options.weights === "rom") return parts;
  return {
    ...parts,
    comment: `${parts.comment}
// In front of pass 1 the registers are written as load.mem says, where it exists: an address and a
// word per line.`,
    declarations: `${parts.declarations}  integer     load_file;
`,
    load: `
      if (started && pass == 1) load_images;`,
    tasks: `${parts.tasks}${loadTask}`,
  };
}

const loadTask = `
  task load_images;
    begin
      @(negedge aclk);
      load_file = $fopen("load.mem", "r");
      if (load_file != 0) begin
        while ($fscanf(load_file, "%h %h", reg_addr, reg_want) == 2)
          write_register(reg_addr[11:0], reg_want);
        $fclose(load_file);
      end
    end
  endtask
`;

const parts: RegisterBench = {
  comment: `
// After each pass registers.mem is gone through, where it exists: lines of an address, a word and
// 1 read and compare in pass 1, 2 in pass 2, 3 in both, 4 write in pass 2, 8 compare irq in pass 2.
// A difference is in layer register_<address>. In pass 2 registers are also read all the time.`,
  declarations: `
  reg  [11:0] aw_addr = 12'd0;
  reg         aw_valid = 1'b0;
  wire        aw_ready;
  reg  [31:0] w_data = 32'd0;
  reg         w_valid = 1'b0;
  wire        w_ready;
  wire [1:0]  b_resp;
  wire        b_valid;
  reg         b_ready = 1'b0;
  reg  [11:0] ar_addr = 12'd0;
  reg         ar_valid = 1'b0;
  wire        ar_ready;
  wire [31:0] r_data;
  wire [1:0]  r_resp;
  wire        r_valid;
  reg         r_ready = 1'b0;
  wire        irq;
  localparam WAITS = 4096;         // cycles without an answer that mean a dead lock
  integer     waits;
  integer     reg_file;
  reg  [31:0] reg_addr;
  reg  [31:0] reg_want;
  reg  [31:0] reg_got;
  reg  [31:0] reg_when;
`,
  pins: `
    .s_axil_awaddr(aw_addr), .s_axil_awvalid(aw_valid), .s_axil_awready(aw_ready),
    .s_axil_wdata(w_data), .s_axil_wstrb(4'hf), .s_axil_wvalid(w_valid), .s_axil_wready(w_ready),
    .s_axil_bresp(b_resp), .s_axil_bvalid(b_valid), .s_axil_bready(b_ready),
    .s_axil_araddr(ar_addr), .s_axil_arvalid(ar_valid), .s_axil_arready(ar_ready),
    .s_axil_rdata(r_data), .s_axil_rresp(r_resp), .s_axil_rvalid(r_valid), .s_axil_rready(r_ready),
    .irq(irq),`,
  load: "",
  check: `
      check_registers;
      if (over) begin
      end else`,
  tasks: `
  // Driven and sampled at the falling edge: what is ready there is taken at the rising one.
  // Address and word leave in either order, the answers are taken late.
  task write_register;
    input [11:0] addr;
    input [31:0] word_in;
    begin
      aw_addr <= addr;
      w_data <= word_in;
      aw_valid <= 1'b1;
      w_valid <= addr[2];
      for (waits = 0; !aw_ready && waits < WAITS; waits = waits + 1) @(negedge aclk);
      @(negedge aclk);
      aw_valid <= 1'b0;
      w_valid <= !addr[2];
      if (!addr[2]) begin
        for (waits = 0; !w_ready && waits < WAITS; waits = waits + 1) @(negedge aclk);
        @(negedge aclk);
        w_valid <= 1'b0;
      end
      repeat (3) @(negedge aclk);
      for (waits = 0; !b_valid && waits < WAITS; waits = waits + 1) @(negedge aclk);
      b_ready <= 1'b1;
      @(negedge aclk);
      b_ready <= 1'b0;
      @(negedge aclk);
    end
  endtask

  task read_register;
    input [11:0] addr;
    begin
      ar_addr <= addr;
      ar_valid <= 1'b1;
      for (waits = 0; !ar_ready && waits < WAITS; waits = waits + 1) @(negedge aclk);
      @(negedge aclk);
      ar_valid <= 1'b0;
      @(negedge aclk);
      for (waits = 0; !r_valid && waits < WAITS; waits = waits + 1) @(negedge aclk);
      reg_got = (waits < WAITS) ? r_data : 32'hx;
      r_ready <= 1'b1;
      @(negedge aclk);
      r_ready <= 1'b0;
      @(negedge aclk);
    end
  endtask

  task check_registers;
    begin
      // What pass 2 has asked for is answered first.
      @(negedge aclk);
      r_ready <= 1'b1;
      for (waits = 0; ar_valid && !ar_ready && waits < WAITS; waits = waits + 1) @(negedge aclk);
      @(negedge aclk);
      ar_valid <= 1'b0;
      repeat (16) @(negedge aclk);
      r_ready <= 1'b0;
      // The states of the last sample are cleared after its last word has left.
      for (waits = 0; status[0] && waits < STALL; waits = waits + 1) @(negedge aclk);
      @(negedge aclk);
      reg_file = $fopen("registers.mem", "r");
      if (reg_file != 0) begin
        while (!over && $fscanf(reg_file, "%h %h %h", reg_addr, reg_want, reg_when) == 3) begin
          if (reg_when == 32'd4) begin
            if (pass == 2) write_register(reg_addr[11:0], reg_want);
          end else if (reg_when == 32'd8 || (reg_when & pass) != 0) begin
            if (reg_when != 32'd8) read_register(reg_addr[11:0]);
            else reg_got = (pass == 2) ? {31'd0, irq} : reg_want;
            if (reg_got !== reg_want || b_resp !== 2'b00 || r_resp !== 2'b00) begin
              $display("NIRKIT_FAIL first=%0d exp=%h got=%h layer=register_%h",
                       beats, reg_want, reg_got, reg_addr[11:0]);
              fail;
            end
          end
        end
        $fclose(reg_file);
      end
    end
  endtask
`,
  cycle: `
      // Reads at random while the design works change nothing that leaves.
      if (pass == 2) begin
        if (!ar_valid || ar_ready) begin
          ar_valid <= lfsr[9];
          ar_addr <= {2'b00, lfsr[31:24], 2'b00};
        end
        r_ready <= lfsr[11];
      end
`,
};
