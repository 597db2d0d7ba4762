/** Constraints of a preset board: the clock that was asked for. Pins depend on what is built around the design. */
import type { VirtualFile } from "@nirkit/backend";
import { boardNamed } from "../boards.ts";
import type { FpgaPlan } from "../plan-types.ts";
import { header } from "./header.ts";
import { clockNs } from "./vivado.ts";

/** `constraints/<board>.xdc`, `.pcf` or `.lpf`; none for the generic device. */
export function constraintFiles(plan: FpgaPlan): readonly VirtualFile[] {
  const { name, family, part } = boardNamed(plan.options.board);
  const frequency = plan.options.clockMhz;
  const file = (extension: string, lines: readonly string[]): VirtualFile[] => [
    {
      path: `constraints/${name}.${extension}`,
      content: [...header(plan, "#", `Constraints for ${name}, ${part}`), "", ...lines, ""].join("\n"),
    },
  ];
  switch (family) {
    case "xcup":
    case "xc7":
      return file("xdc", [
        `create_clock -name aclk -period ${clockNs(plan)} [get_ports aclk]`,
        "",
        "# TO BE SET where the design is the top of the device; inside a block design it has no pins.",
        "# set_property PACKAGE_PIN <pin of the clock> [get_ports aclk]",
        "# set_property PACKAGE_PIN <pin of the reset> [get_ports aresetn]",
        "# set_property IOSTANDARD <standard of the bank> [get_ports {aclk aresetn}]",
      ]);
    case "ice40":
      return file("pcf", [
        `set_frequency aclk ${frequency}`,
        "",
        "# TO BE SET: pins of the board.",
        "# set_io aclk <pin of the clock>",
        "# set_io aresetn <pin of the reset>",
      ]);
    case "ecp5":
      return file("lpf", [
        `FREQUENCY PORT "aclk" ${frequency} MHZ;`,
        "",
        "# TO BE SET: sites of the board.",
        '# LOCATE COMP "aclk" SITE "<site of the clock>";',
        '# LOCATE COMP "aresetn" SITE "<site of the reset>";',
      ]);
    case "generic":
      return [];
    default:
      return family satisfies never;
  }
}
