// Input gradient of a convolution: four output pixels by one tap by eight channels are a product in registers, added
// straight to the pixels of the input that the tap reads.
import { packPanel } from "./gemm.ts";
import { madd } from "./lanes.ts";
import {
  C, DILATION_H, DILATION_W, GROUPS, H, KERNEL_H, KERNEL_W, OUT_C, OUT_H, OUT_W, PAD_LEFT, PAD_TOP,
  STRIDE_H, STRIDE_W, shapeWord, W,
} from "./shape.ts";

const PIXELS: i32 = 4;
const LANES: i32 = 8;

export function convInputGradient(shape: usize, rows: i32, dy: usize, w: usize, dx: usize, scratch: usize): void {
  const channels = shapeWord(shape, C), height = shapeWord(shape, H), width = shapeWord(shape, W);
  const outC = shapeWord(shape, OUT_C), outW = shapeWord(shape, OUT_W), outH = shapeWord(shape, OUT_H);
  const groups = shapeWord(shape, GROUPS), inG = channels / groups, outG = outC / groups;
  const reachH = (outH - 1) * shapeWord(shape, STRIDE_H) + (shapeWord(shape, KERNEL_H) - 1) * shapeWord(shape, DILATION_H) + 1;
  const reachW = (outW - 1) * shapeWord(shape, STRIDE_W) + (shapeWord(shape, KERNEL_W) - 1) * shapeWord(shape, DILATION_W) + 1;
  const pt = shapeWord(shape, PAD_TOP), pl = shapeWord(shape, PAD_LEFT);
  const direct = pt === 0 && pl === 0 && reachH <= height && reachW <= width;
  const pixelBytes = <usize>4 * <usize>channels;
  const image = <usize>(height * width) * pixelBytes, padded = <usize>(reachH * reachW) * pixelBytes;
  const tile = scratch;
  const panelA = tile + <usize>4 * <usize>(PIXELS * LANES);
  const panelsB = panelA + <usize>4 * <usize>(PIXELS * outG);
  const room = panelsB + packWeights(shape, w, panelsB, inG, outG);
  for (let r = 0; r < rows; r++, dx += image, dy += <usize>4 * <usize>(outH * outW) * <usize>outC) {
    const to = direct ? dx : room;
    memory.fill(to, 0, direct ? image : padded);
    for (let g = 0; g < groups; g++)
      addImage(
        shape, dy + <usize>4 * <usize>(g * outG), to + <usize>4 * <usize>(g * inG), direct ? width : reachW, inG, outG,
        panelsB + <usize>g * panelBytes(shape, inG, outG), panelA, tile,
      );
    if (!direct) cropImage(dx, room, height, width, reachH, reachW, pt, pl, pixelBytes);
  }
}

/** Bytes of the packed weights of a group. */
@inline
function panelBytes(shape: usize, inG: i32, outG: i32): usize {
  const blocks = (inG + LANES - 1) / LANES;
  return <usize>4 * <usize>(shapeWord(shape, KERNEL_H) * shapeWord(shape, KERNEL_W) * blocks * LANES) * <usize>outG;
}

/** Weights as [group][tap][block of channels][outG][8]; the bytes they take. */
function packWeights(shape: usize, w: usize, to: usize, inG: i32, outG: i32): usize {
  const panels = shapeWord(shape, GROUPS) * shapeWord(shape, KERNEL_H) * shapeWord(shape, KERNEL_W);
  const start = to;
  const rowBytes = <usize>4 * <usize>outG;
  for (let p = 0; p < panels; p++)
    for (let c = 0; c < inG; c += LANES, to += <usize>LANES * rowBytes)
      packPanel(to, w + <usize>(p * inG + c) * rowBytes, LANES, min(LANES, inG - c), outG, rowBytes, 4);
  return to - start;
}

/** Adds what one group of an output image sends back to an image of `width` pixels a row. */
function addImage(
  shape: usize, dy: usize, to: usize, width: i32, inG: i32, outG: i32, panelsB: usize, panelA: usize, tile: usize,
): void {
  const outW = shapeWord(shape, OUT_W), pixels = shapeWord(shape, OUT_H) * outW;
  const kh = shapeWord(shape, KERNEL_H), kw = shapeWord(shape, KERNEL_W);
  const pixelBytes = <usize>4 * <usize>shapeWord(shape, C), rowBytes = <usize>width * pixelBytes;
  const across = <usize>shapeWord(shape, STRIDE_W) * pixelBytes, down = <usize>shapeWord(shape, STRIDE_H) * rowBytes;
  const tapAcross = <usize>shapeWord(shape, DILATION_W) * pixelBytes;
  const tapDown = <usize>shapeWord(shape, DILATION_H) * rowBytes;
  const outBytes = <usize>4 * <usize>shapeWord(shape, OUT_C), blockBytes = <usize>(4 * LANES) * <usize>outG;
  let row = to, at = to;
  for (let p = 0, ox = 0; p < pixels; p += PIXELS, dy += <usize>PIXELS * outBytes) {
    const have = min(PIXELS, pixels - p);
    packPanel(panelA, dy, PIXELS, have, outG, outBytes, 4);
    const c0 = at;
    if (++ox === outW) { ox = 0; row += down; at = row; } else at += across;
    const c1 = at;
    if (++ox === outW) { ox = 0; row += down; at = row; } else at += across;
    const c2 = at;
    if (++ox === outW) { ox = 0; row += down; at = row; } else at += across;
    const c3 = at;
    if (++ox === outW) { ox = 0; row += down; at = row; } else at += across;
    let b = panelsB;
    for (let ky = 0, rowOffset: usize = 0; ky < kh; ky++, rowOffset += tapDown)
      for (let kx = 0, offset = rowOffset; kx < kw; kx++, offset += tapAcross)
        for (let c = 0; c < inG; c += LANES, b += blockBytes) {
          const shift = offset + <usize>4 * <usize>c;
          if (have === PIXELS && c + LANES <= inG) addTile(outG, panelA, b, c0 + shift, c1 + shift, c2 + shift, c3 + shift);
          else {
            memory.fill(tile, 0, 4 * PIXELS * LANES);
            addTile(outG, panelA, b, tile, tile + 4 * LANES, tile + 8 * LANES, tile + 12 * LANES);
            const lanes = min(LANES, inG - c);
            addPart(c0 + shift, tile, lanes);
            if (have > 1) addPart(c1 + shift, tile + 4 * LANES, lanes);
            if (have > 2) addPart(c2 + shift, tile + 8 * LANES, lanes);
            if (have > 3) addPart(c3 + shift, tile + 12 * LANES, lanes);
          }
        }
  }
}

/** Four rows of eight += A panel (terms by four) times B panel (terms by eight). The rows may be of one image. */
function addTile(terms: i32, a: usize, b: usize, c0: usize, c1: usize, c2: usize, c3: usize): void {
  let r00 = f32x4.splat(0), r01 = r00, r10 = r00, r11 = r00;
  let r20 = r00, r21 = r00, r30 = r00, r31 = r00;
  for (const end = a + <usize>16 * <usize>terms; a < end; a += 16, b += 32) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let x = v128.load_splat<u32>(a);
    r00 = madd(r00, x, b0);
    r01 = madd(r01, x, b1);
    x = v128.load_splat<u32>(a, 4);
    r10 = madd(r10, x, b0);
    r11 = madd(r11, x, b1);
    x = v128.load_splat<u32>(a, 8);
    r20 = madd(r20, x, b0);
    r21 = madd(r21, x, b1);
    x = v128.load_splat<u32>(a, 12);
    r30 = madd(r30, x, b0);
    r31 = madd(r31, x, b1);
  }
  addEight(c0, r00, r01);
  addEight(c1, r10, r11);
  addEight(c2, r20, r21);
  addEight(c3, r30, r31);
}

@inline
function addEight(c: usize, low: v128, high: v128): void {
  v128.store(c, f32x4.add(v128.load(c), low));
  v128.store(c, f32x4.add(v128.load(c, 16), high), 16);
}

function addPart(c: usize, from: usize, lanes: i32): void {
  for (let i = 0; i < lanes; i++, c += 4, from += 4) store<f32>(c, load<f32>(c) + load<f32>(from));
}

/** The image without its padding; zeros where no window reaches. */
function cropImage(
  dx: usize, from: usize, height: i32, width: i32, reachH: i32, reachW: i32, pt: i32, pl: i32, pixelBytes: usize,
): void {
  const rowBytes = <usize>width * pixelBytes;
  const columns = max(0, min(width, reachW - pl));
  for (let y = 0; y < height; y++, dx += rowBytes) {
    if (y + pt >= reachH || columns < width) memory.fill(dx, 0, rowBytes);
    if (y + pt < reachH && columns > 0)
      memory.copy(dx, from + <usize>((y + pt) * reachW + pl) * pixelBytes, <usize>columns * pixelBytes);
  }
}
