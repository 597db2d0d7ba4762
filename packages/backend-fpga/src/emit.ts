/** All files of one design. */
import type { VirtualFile } from "@nirkit/backend";
import { benchFiles } from "./bench.ts";
import { library } from "./library/library.ts";
import { printManifest } from "./manifest.ts";
import { memText } from "./memory-image.ts";
import type { FpgaPlan } from "./plan-types.ts";
import { printCHeader } from "./print/c-header.ts";
import { constraintFiles } from "./print/constraints.ts";
import { printDriver } from "./print/driver.ts";
import { printMakefile, printYosysScript, yosysFamilies } from "./print/scripts.ts";
import { printTestbench } from "./print/testbench.ts";
import { printTop } from "./print/top.ts";
import { printVivado, printVivadoIp } from "./print/vivado.ts";
import { selfTestSamples } from "./self-test.ts";

/**
 * Library cores, top module, memory images, test bench with random samples of its own, scripts, constraints, driver, C
 * header and manifest: the folder proves itself with `make -C scripts sim-icarus`. The same plan gives the same bytes.
 *
 * `tb/in.mem`, `tb/exp.mem` and `tb/cycles.mem` of other samples come from {@link benchFiles}.
 */
export function emitFpga(plan: FpgaPlan): readonly VirtualFile[] {
  const modules = [...library.keys(), `${plan.design}_top`];
  return [
    ...[...library].map(([name, content]) => ({ path: `rtl/${name}.v`, content })),
    { path: `rtl/${plan.design}_top.v`, content: printTop(plan) },
    ...plan.layers.flatMap((layer) =>
      layer.memories.map((memory) => ({ path: `mem/${memory.file}`, content: memText(memory.words) })),
    ),
    { path: "tb/tb_top.v", content: printTestbench(plan) },
    ...benchFiles(plan, selfTestSamples(plan)).files,
    { path: "scripts/Makefile", content: printMakefile(plan) },
    ...yosysFamilies.map((family) => ({
      path: `scripts/yosys_${family}.ys`,
      content: printYosysScript(plan, family, modules),
    })),
    { path: "scripts/vivado.tcl", content: printVivado(plan) },
    { path: "scripts/vivado_ip.tcl", content: printVivadoIp(plan) },
    ...constraintFiles(plan),
    { path: "sw/driver.py", content: printDriver(plan) },
    { path: "sw/nirkit_axil.h", content: printCHeader(plan) },
    { path: "manifest.json", content: printManifest(plan) },
  ];
}
