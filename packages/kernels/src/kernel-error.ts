/** What the kernels refuse. This package knows no graph, so it carries its own form of a diagnostic. */

type Words = readonly [message: string, hint: string];

const table = {
  E_KERNEL_MEMORY: (d: { asked: number; used: number; limit: number }): Words => [
    `${d.asked} bytes do not fit: ${d.used} of ${d.limit} bytes are in use`,
    "Run fewer steps or samples at a time, or raise maxBytes",
  ],
  E_KERNEL_BUILD: (d: { build: string; why: string }): Words => [
    `The ${d.build} build of the kernels does not run here: ${d.why}`,
    'Ask for build "auto", which takes the fastest one that runs',
  ],
  E_KERNEL_SHAPE: (d: { what: string; found: string; expected: string }): Words => [
    `${d.what} is ${d.found}, expected ${d.expected}`,
    "Check the shapes that were given to the kernels",
  ],
} as const;

/** Codes of this package. */
export type KernelCode = keyof typeof table;

/** A request that the kernels refuse; `code`, `hint` and `detail` mean what they mean in a diagnostic. */
export class KernelError extends Error {
  override readonly name: string = "KernelError";
  readonly code: KernelCode;
  readonly hint: string;
  readonly detail: Readonly<Record<string, unknown>>;

  constructor(code: "E_KERNEL_MEMORY", detail: { asked: number; used: number; limit: number });
  constructor(code: "E_KERNEL_BUILD", detail: { build: string; why: string });
  constructor(code: "E_KERNEL_SHAPE", detail: { what: string; found: string; expected: string });
  constructor(code: KernelCode, detail: Readonly<Record<string, unknown>>) {
    const [message, hint] = (table[code] as (d: unknown) => Words)(detail);
    super(message);
    this.code = code;
    this.hint = hint;
    this.detail = detail;
  }
}
