/** Cameras that AEDAT files name: size and address layout. */

/** How AEDAT 1 and 2 pack an address. */
type AddressLayout = "dvs128" | "davis";

/** One camera. */
export interface Chip {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly layout: AddressLayout;
}

const chips: readonly Chip[] = [
  { name: "dvs128", width: 128, height: 128, layout: "dvs128" },
  { name: "davis208", width: 208, height: 192, layout: "davis" },
  { name: "davis240", width: 240, height: 180, layout: "davis" },
  { name: "davis346", width: 346, height: 260, layout: "davis" },
  { name: "davis640", width: 640, height: 480, layout: "davis" },
];

/** Names that the option `chip` takes. */
export const chipNames: readonly string[] = chips.map((chip) => chip.name);

/**
 * The camera of a class or device name.
 *
 * @example findChip("eu.seebetter.ini.chips.davis.Davis346red") // davis346, 346 x 260
 */
export function findChip(name: string): Chip | undefined {
  const last = (name.split(".").at(-1) ?? "").toLowerCase();
  return chips.find((chip) => last.startsWith(chip.name) || last.startsWith(`tmp${chip.name}`));
}
