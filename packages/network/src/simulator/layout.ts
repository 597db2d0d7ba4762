/** Order of the neurons of one source in the kernels' memory: as in NIR, or pixels with their channels together. */

/** Positions and NIR indices of one population or port; undefined maps mean the order of NIR. */
export interface Layout {
  readonly size: number;
  /** Channels, height, width of a `[H, W, C]` order. */
  readonly image?: readonly [number, number, number];
  /** NIR index of each position. */
  readonly toNir?: Uint32Array;
  /** Position of each NIR index. */
  readonly fromNir?: Uint32Array;
}

/** The order of NIR. */
export function nirLayout(size: number): Layout {
  return { size };
}

/** `[H, W, C]` of an image `[C, H, W]`. */
export function imageLayout(image: readonly [number, number, number]): Layout {
  const [channels, height, width] = image;
  const pixels = height * width;
  const size = channels * pixels;
  const toNir = new Uint32Array(size);
  const fromNir = new Uint32Array(size);
  for (let pixel = 0; pixel < pixels; pixel++)
    for (let c = 0; c < channels; c++) {
      toNir[pixel * channels + c] = c * pixels + pixel;
      fromNir[c * pixels + pixel] = pixel * channels + c;
    }
  // One channel, or one pixel: both orders are the same.
  return channels === 1 || pixels === 1 ? { size, image } : { size, image, toNir, fromNir };
}

/** True where an image in this layout has its channels together, or where the order makes no difference. */
export function isImage(layout: Layout, image: readonly [number, number, number]): boolean {
  return layout.image?.every((n, axis) => n === image[axis]) === true;
}

/** Values of NIR order in the order of the layout. */
export function toLayout(values: Int32Array, { toNir }: Layout): Int32Array {
  return toNir === undefined ? values : Int32Array.from(toNir, (at) => values[at] as number);
}
