/** C99 header: registers, and the words of the streams. */

import { inputPorts, outputPorts } from "../input-stream.ts";
import { commentName } from "../legalize-name.ts";
import type { FpgaPlan, PortPlan, StreamPlan } from "../plan-types.ts";
import { header } from "./header.ts";

/** Text of `sw/nirkit_axil.h`. */
export function printCHeader(plan: FpgaPlan): string {
  const { input, output } = plan.streams;
  const lines = [
    ...header(plan, "//", `Registers and stream words of ${plan.design}`),
    "//",
    ...plan.layers.map((layer, l) => `// layer ${l}: "${commentName(layer.path)}"`),
    "#ifndef NIRKIT_AXIL_H",
    "#define NIRKIT_AXIL_H",
    "",
    "#include <stdint.h>",
    "",
    `#define NIRKIT_PLAN 0x${plan.planHash.slice(-8)}u`,
    `#define NIRKIT_LAYERS ${plan.layers.length}u`,
    "",
    ...streamLines("IN", input),
    ...portLines("IN", input, inputPorts(plan)),
    ...streamLines("OUT", output),
    ...portLines("OUT", output, outputPorts(plan)),
    ...(plan.registers === undefined ? [] : registerLines(plan)),
    "#endif",
    "",
  ];
  // A question mark could begin a trigraph.
  return lines.join("\n").replaceAll("?", "_");
}

function streamLines(name: string, stream: StreamPlan): string[] {
  const type = `uint${stream.width}_t`;
  const one = `(${type})1`;
  const shift = stream.width - 2;
  const low = name.toLowerCase();
  const mask = (bits: number): string => `((${one} << ${bits}) - 1u)`;
  return [
    `typedef ${type} nirkit_${low}_word;`,
    `#define NIRKIT_${name}_TICK (${one} << ${shift})`,
    `#define NIRKIT_${name}_EOS (${one} << ${shift + 1})`,
    "",
    "// A word of kind 0: event, 1: tick, 2: eos.",
    `static inline nirkit_${low}_word nirkit_${low}_event(uint32_t addr, int32_t val)`,
    "{",
    `  return (((${type})val & ${mask(stream.valueBits)}) << ${stream.addressBits}) |`,
    `         ((${type})addr & ${mask(stream.addressBits)});`,
    "}",
    "",
    `static inline uint32_t nirkit_${low}_kind(nirkit_${low}_word word)`,
    "{",
    `  return (uint32_t)(word >> ${shift});`,
    "}",
    "",
    `static inline uint32_t nirkit_${low}_addr(nirkit_${low}_word word)`,
    "{",
    `  return (uint32_t)(word & ${mask(stream.addressBits)});`,
    "}",
    "",
    `static inline int32_t nirkit_${low}_val(nirkit_${low}_word word)`,
    "{",
    `  int32_t val = (int32_t)((word >> ${stream.addressBits}) & ${mask(stream.valueBits)});`,
    ...(stream.signed
      ? [`  if (val >= (1 << ${stream.valueBits - 1})) val -= 2 * (1 << ${stream.valueBits - 1});`]
      : []),
    "  return val;",
    "}",
    "",
  ];
}

const loadLines: readonly string[] = [
  "// Loads `count` words of 32 bits into an image, from its first word on, between two samples. A word",
  "// of the image takes as many as it has bits, the low ones first.",
  "static inline void nirkit_load(volatile void *base, uint32_t image, const uint32_t *words, uint32_t count)",
  "{",
  "  nirkit_write(base, NIRKIT_REG_LOAD_ADDRESS, image << 24);",
  "  for (uint32_t k = 0; k < count; k++) nirkit_write(base, NIRKIT_REG_LOAD_DATA, words[k]);",
  "}",
  "",
];

/** First addresses of several ports in one stream. */
function portLines(name: string, { ports }: StreamPlan, all: readonly PortPlan[]): string[] {
  if (ports === undefined) return [];
  return [
    ...all.flatMap((port, p) => [
      `// ${name === "IN" ? "Input" : "Output"} ${p}: "${commentName(port.name)}"`,
      `#define NIRKIT_${name}_PORT${p} 0x${(p * 2 ** ports.localBits).toString(16)}u`,
    ]),
    "",
  ];
}

function registerLines(plan: FpgaPlan): string[] {
  return [
    ...(plan.registers ?? []).flatMap(({ name, offset, count, text }) => [
      `// ${text}`,
      `#define NIRKIT_REG_${name} 0x${offset.toString(16).padStart(3, "0")}u`,
      ...(count > 1 ? [`#define NIRKIT_REG_${name}_COUNT ${count}u`] : []),
    ]),
    "",
    "// Register `reg`, or the one of layer or class k behind it, of the device at `base`.",
    "static inline uint32_t nirkit_read(const volatile void *base, uint32_t reg, uint32_t k)",
    "{",
    "  return *(const volatile uint32_t *)((const volatile char *)base + reg + 4u * k);",
    "}",
    "",
    "static inline void nirkit_write(volatile void *base, uint32_t reg, uint32_t word)",
    "{",
    "  *(volatile uint32_t *)((volatile char *)base + reg) = word;",
    "}",
    "",
    ...(plan.options.weights === "ram" ? loadLines : []),
    "static inline uint64_t nirkit_cycles(const volatile void *base)",
    "{",
    "  uint64_t low = nirkit_read(base, NIRKIT_REG_CYCLES, 0);",
    "  return low | ((uint64_t)nirkit_read(base, NIRKIT_REG_CYCLES_HIGH, 0) << 32);",
    "}",
    "",
    "// 0 when the device holds this design, else -1.",
    "static inline int nirkit_check(const volatile void *base)",
    "{",
    "  if (nirkit_read(base, NIRKIT_REG_ID, 0) != 0x4e49524bu) return -1;",
    "  if (nirkit_read(base, NIRKIT_REG_PLAN, 0) != NIRKIT_PLAN) return -1;",
    "  return 0;",
    "}",
    "",
  ];
}
