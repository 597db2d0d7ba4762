import { spawnSync } from "node:child_process";
import type { VirtualFile } from "@nirkit/backend";
import type { SpikeInput, Tensor } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { benchFiles } from "../src/bench.ts";
import { boardNames } from "../src/boards.ts";
import { emitFpga } from "../src/emit.ts";
import { inputSteps } from "../src/input-stream.ts";
import { planFpga } from "../src/plan.ts";
import { simulateFpga } from "../src/simulate.ts";
import { acceptanceDesigns, convolutionDesigns, type Design, pattern } from "./designs.ts";
import { graphDesigns } from "./graph-designs.ts";
import { hasTool, isDeep, runTool, withFolder } from "./outside.ts";
import { dense, network as networkOf, population } from "./random-network.ts";

const all = [...acceptanceDesigns(), ...convolutionDesigns()];
const designs = isDeep ? all : all.filter((_, k) => k % 4 === 2);
const text = (files: readonly VirtualFile[], path: string): string =>
  files.find((file) => file.path === path)?.content as string;

/** Names that would end a comment, a string or a line in Tcl, Python, C or a constraints file. */
const names = [
  "x]; exec rm",
  '"""',
  "*/ int x; ??/",
  "a\\",
  "{",
  "}\n[exit]",
  "#define A",
  "$::env(X)",
  "\r\u2028%",
];
const hostile: Design = {
  name: "hostile names",
  network: networkOf({
    input: { shape: [2], name: '"; puts [pid]' },
    populations: names.map((name) => population(name, 2, {})),
    projections: names.map((name, k) =>
      dense(`w${name}`, names[k - 1] ?? '"; puts [pid]', name, pattern(2, 2, 3)),
    ),
  }),
  inputs: [],
};
const filesOf = ({ network, options }: Design, more: object = {}): readonly VirtualFile[] =>
  emitFpga(planFpga(network, { ...options, ...more }));

describe("constraints", () => {
  test("seven boards have one file with the clock alone and no pin; the generic device has none", () => {
    const { network } = all.find(({ name }) => name.startsWith("K = 2")) as Design;
    const extension = { xcup: "xdc", xc7: "xdc", ice40: "pcf", ecp5: "lpf" };
    const found = boardNames.flatMap((board) =>
      emitFpga(planFpga(network, { board, clockMhz: 50 })).filter(({ path }) =>
        path.startsWith("constraints/"),
      ),
    );
    expect(found.map(({ path }) => path)).toEqual([
      `constraints/zcu104.${extension.xcup}`,
      `constraints/kv260.${extension.xcup}`,
      `constraints/pynq-z2.${extension.xc7}`,
      `constraints/arty-a7-35.${extension.xc7}`,
      `constraints/hx8k.${extension.ice40}`,
      `constraints/up5k.${extension.ice40}`,
      `constraints/ulx3s-85.${extension.ecp5}`,
    ]);
    for (const { content } of found) {
      const active = (content as string).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
      expect(active).toHaveLength(1);
      expect(active[0]).toMatch(/-period 20 |aclk 50$|"aclk" 50 MHZ;$/);
      expect(content).toContain("TO BE SET");
    }
  });
});

/** Tcl and XDC as `info complete` sees them; every command that stands at the top has to be known. */
const tclCheck = `
foreach path $argv {
  set file [open $path]
  set text [read $file]
  close $file
  if {![info complete $text]} { puts "$path: not complete"; exit 1 }
}
puts complete`;

const tclStubs = `
foreach name {read_verilog read_mem read_xdc synth_design get_clocks create_clock get_ports opt_design place_design
  phys_opt_design route_design write_checkpoint report_utilization report_timing_summary read_saif report_power
  write_bitstream create_project add_files set_property current_fileset update_compile_order ipx::package_project
  ipx::current_core ipx::associate_bus_interfaces ipx::create_xgui_files ipx::update_checksums ipx::save_core
  close_project} {
  namespace eval ipx {}
  proc $name args "puts \\"$name \\$args\\""
}
source [lindex $argv 0]`;

describe.runIf(hasTool("tclsh"))("Tcl", () => {
  test("scripts and constraints are complete, hostile names included", () => {
    for (const design of [...designs, hostile]) {
      const files = filesOf(design, { board: "kv260" });
      const paths = files.map(({ path }) => path).filter((path) => /\.(tcl|xdc)$/.test(path));
      expect(paths).toHaveLength(3);
      const found = withFolder([...files, { path: "check.tcl", content: tclCheck }], (folder) =>
        runTool(folder, "tclsh", ["check.tcl", ...paths]),
      );
      expect(found).toEqual({ code: 0, text: "complete\n" });
    }
  });

  test("with every command of Vivado as a stub both scripts run to the end, with part, files and period", () => {
    const files = filesOf(hostile, { board: "kv260", clockMhz: 300 });
    withFolder([...files, { path: "stub.tcl", content: tclStubs }], (folder) => {
      const flow = runTool(folder, "tclsh", ["stub.tcl", "scripts/vivado.tcl"]);
      expect(flow.code, flow.text).toBe(0);
      expect(flow.text).toMatch(/synth_design -top snn_top -part xck26-sfvc784-2LV-c -mode default\n/);
      expect(flow.text).toMatch(/read_verilog .*nk_axil\.v .*snn_top\.v\}?\n/);
      expect(flow.text).toMatch(/read_mem .*_w\.mem/);
      expect(flow.text).toMatch(/write_bitstream -force .*snn_top\.bit/);
      const ip = runTool(folder, "tclsh", ["stub.tcl", "scripts/vivado_ip.tcl"]);
      expect(ip.code, ip.text).toBe(0);
      expect(ip.text.match(/associate_bus_interfaces -busif (\w+) -clock aclk/g)).toHaveLength(3);
    });
    expect(text(files, "constraints/kv260.xdc")).toContain("-period 3.333 ");
    const bare = filesOf(hostile);
    const refused = withFolder([...bare, { path: "stub.tcl", content: tclStubs }], (folder) =>
      runTool(folder, "tclsh", ["stub.tcl", "scripts/vivado.tcl"]),
    );
    expect(refused.code).not.toBe(0);
    expect(refused.text).toMatch(/set NIRKIT_PART/);
  });
});

const cMain = `
#include <stdio.h>
#include "sw/nirkit_axil.h"
int main(void)
{
  uint32_t regs[1024] = {0};
  regs[0] = 0x4e49524bu;
  regs[2] = NIRKIT_PLAN;
  regs[6] = 7;
  regs[7] = 1;
  regs[NIRKIT_REG_EVENTS_OUT / 4 + 1] = 5;
  nirkit_write(regs, NIRKIT_REG_CONTROL, 8);
  printf("%d %llu %u %u\\n", nirkit_check(regs), (unsigned long long)nirkit_cycles(regs),
         (unsigned)nirkit_read(regs, NIRKIT_REG_EVENTS_OUT, 1), (unsigned)regs[4]);
  nirkit_in_word in = nirkit_in_event(9, -37);
  nirkit_out_word out = nirkit_out_event(5, -2);
  printf("%u %u %d\\n", (unsigned)nirkit_in_kind(in), (unsigned)nirkit_in_addr(in), nirkit_in_val(in));
  printf("%u %u %d\\n", (unsigned)nirkit_out_kind(NIRKIT_OUT_EOS), (unsigned)nirkit_out_addr(out),
         nirkit_out_val(out));
  return 0;
}
`;

describe.runIf(hasTool("gcc"))("C header", () => {
  const compile = (files: readonly VirtualFile[], main: string): { code: number; text: string } =>
    withFolder([...files, { path: "main.c", content: main }], (folder) => {
      const flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-o", "main", "main.c"];
      const built = runTool(folder, "gcc", flags);
      return built.code === 0 ? runTool(folder, "./main", []) : built;
    });

  test("gcc -std=c99 -Wall -Wextra -Werror takes it, hostile names included, with and without registers", () => {
    for (const design of [...designs, hostile])
      for (const axiLite of [true, false])
        expect(
          compile(
            filesOf(design, { axiLite }),
            '#include "sw/nirkit_axil.h"\nint main(void) { return 0; }\n',
          ),
        ).toEqual({ code: 0, text: "" });
  }, 60_000);

  test("registers and words: 2^32 + 7 cycles, 5 events, and -37 at 9 of a signed input", () => {
    const graded = all.find(({ name }) => name.startsWith("signed 8-bit")) as Design;
    expect(compile(filesOf(graded, { axiLite: true }), cMain)).toEqual({
      code: 0,
      text: "0 4294967303 5 8\n0 9 -37\n2 5 254\n",
    });
  });
});

const python = process.env.NIRKIT_PYTHON ?? "python3";
const hasNumpy = spawnSync(python, ["-c", "import numpy"]).status === 0;
if (!hasNumpy) process.stderr.write("skipped: no Python with numpy for the driver\n");

const driverCheck = `
import json, sys
sys.path.insert(0, "sw")
import driver
job = json.load(open("job.json"))
packed = [f"{int(w):0{driver.IN['width'] // 4}x}" for s in job["samples"] for w in driver.pack(s)]
words = [int(line, 16) for line in open("exp.mem")]
steps = []
while words:
    found = driver.unpack(words)
    steps.append(found)
    words = words[sum(len(s) + 1 for s in found):]
print(json.dumps({"packed": packed, "steps": steps, "plan": driver.PLAN, "registers": len(driver.REGISTERS)}))
`;

const portsCheck = `
import json, sys
import numpy as np
sys.path.insert(0, "sw")
import driver
samples = [np.array(s["data"]).reshape(s["shape"]) for s in json.load(open("job.json"))]
packed = [f"{int(w):0{driver.IN['width'] // 4}x}" for w in driver.pack_dense(*samples)]
steps = driver.unpack([int(line, 16) for line in open("exp.mem")])
sums = [[[0] * place["count"] for _ in steps] for place in driver.OUT["ports"]]
for t, events in enumerate(steps):
    for i, value, port in events:
        sums[port][t][i] += value
print(json.dumps({"packed": packed, "sums": sums}))
`;

describe.runIf(hasNumpy || process.env.NIRKIT_STRICT === "1")("PYNQ driver", () => {
  test("packs the words of tb/in.mem and unpacks those of tb/exp.mem: vectors, maps, values, 64 bits", () => {
    for (const { network, inputs, options, name } of designs) {
      const plan = planFpga(network, { ...options, axiLite: true });
      const bench = benchFiles(plan, inputs);
      const samples = inputs.map((input) =>
        inputSteps(plan, input).map(({ address, value }) => address.map((a, k) => [a, value[k]])),
      );
      const files = [
        ...emitFpga(plan),
        ...bench.files,
        { path: "job.json", content: JSON.stringify({ samples }) },
        { path: "check.py", content: driverCheck },
      ];
      const { code, text: said } = withFolder(files, (folder) => runTool(folder, python, ["-B", "check.py"]));
      expect(code, `${name}: ${said}`).toBe(0);
      const found = JSON.parse(said) as {
        packed: string[];
        steps: [number, number][][][];
        plan: number;
        registers: number;
      };
      expect(found.packed).toEqual(text(bench.files, "tb/in.mem").trimEnd().split("\n"));
      expect(found.plan).toBe(Number.parseInt(plan.planHash.slice(-8), 16));
      expect(found.registers).toBe(plan.registers?.length);
      expect(found.steps).toHaveLength(inputs.length);
      const events = found.steps.flat(2).length;
      expect(events).toBe(bench.beats.kind.filter((kind) => kind === 0).length);
    }
  }, 120_000);

  test("two Inputs and four Outputs: dense arrays give tb/in.mem, and tb/exp.mem gives every Output's sums", () => {
    const { network, inputs, options } = graphDesigns()[2] as Design;
    const plan = planFpga(network, options);
    const [input] = inputs as readonly [SpikeInput];
    const bench = benchFiles(plan, [input]);
    const job = ([...input.values()] as Tensor[]).map(({ shape, data }) => ({
      shape,
      data: Array.from(data as Int32Array),
    }));
    const files = [
      ...emitFpga(plan),
      ...bench.files,
      { path: "job.json", content: JSON.stringify(job) },
      { path: "check.py", content: portsCheck },
    ];
    const { code, text: said } = withFolder(files, (folder) => runTool(folder, python, ["-B", "check.py"]));
    expect(code, said).toBe(0);
    const found = JSON.parse(said) as { packed: string[]; sums: number[][][] };
    expect(found.packed).toEqual(text(bench.files, "tb/in.mem").trimEnd().split("\n"));
    const { outputs } = simulateFpga(plan, input);
    expect(found.sums.map((rows) => rows.flat())).toEqual(
      [...outputs.values()].map(({ data }) => Array.from(data as Int32Array)),
    );
  });

  test("hostile names leave a file that Python compiles and that names no layer in its code", () => {
    for (const board of ["generic", "kv260"]) {
      const files = filesOf(hostile, { board });
      const { code, text: said } = withFolder(files, (folder) =>
        runTool(folder, python, ["-B", "-c", "compile(open('sw/driver.py').read(), 'driver.py', 'exec')"]),
      );
      expect({ code, said }).toEqual({ code: 0, said: "" });
      expect(text(files, "sw/driver.py")).not.toMatch(/[^\x20-\x7e\n]|exec rm|puts/);
    }
  });
});

test("tools see no name: scripts, constraints and software hold printable ASCII, without a name outside comments", () => {
  for (const board of ["kv260", "hx8k", "ulx3s-85"])
    for (const { path, content } of filesOf(hostile, { board, pe: 1 }))
      if (/^(scripts|constraints|sw)\//.test(path)) {
        expect(content, path).not.toMatch(/[^\x20-\x7e\n\t]/);
        const codeLines = (content as string).split("\n").filter((line) => !/^\s*(#|\/\/)/.test(line));
        for (const word of ["exec rm", "puts [pid]", "int x;", "define A", "[exit]"])
          expect(codeLines.join("\n"), path).not.toContain(word);
      }
});
