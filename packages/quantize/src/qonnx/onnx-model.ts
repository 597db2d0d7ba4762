/** ONNX models as plain data, and as bytes. Field numbers are those of onnx.proto (IR version 8). */
import { bytesField, type Field, intField, message } from "./protobuf.ts";

/** A constant of the graph. */
export interface OnnxTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** Value of an attribute: an integer, a list of integers, or a text. */
export type OnnxAttribute = number | readonly number[] | string;

/** One operation. */
export interface OnnxNode {
  readonly op: string;
  /** Operator set; "" is ONNX itself. */
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** A float32 value at the border of the graph; a text is a dimension of any size. */
export interface OnnxPort {
  readonly name: string;
  readonly shape: readonly (number | string)[];
}

/** A whole model. */
export interface OnnxModel {
  readonly name: string;
  readonly producer: string;
  readonly producerVersion: string;
  /** Version of each operator set by domain. */
  readonly operatorSets: ReadonlyMap<string, number>;
  /** In an order in which they can run. */
  readonly nodes: readonly OnnxNode[];
  readonly constants: readonly OnnxTensor[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
  readonly metadata: ReadonlyMap<string, string>;
}

const irVersion = 8;
const floatType = 1;
const int64Type = 7;

/** The bytes of a `.onnx` file. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  const graph = message(
    ...model.nodes.map((node) => bytesField(1, encodeNode(node))),
    bytesField(2, model.name),
    ...model.constants.map((constant) => bytesField(5, encodeTensor(constant))),
    ...model.inputs.map((port) => bytesField(11, encodePort(port))),
    ...model.outputs.map((port) => bytesField(12, encodePort(port))),
  );
  return message(
    intField(1, irVersion),
    bytesField(2, model.producer),
    bytesField(3, model.producerVersion),
    bytesField(7, graph),
    ...[...model.operatorSets].map(([domain, version]) =>
      bytesField(8, message(bytesField(1, domain), intField(2, version))),
    ),
    ...[...model.metadata].map(([key, value]) =>
      bytesField(14, message(bytesField(1, key), bytesField(2, value))),
    ),
  );
}

function encodeNode(node: OnnxNode): Uint8Array {
  return message(
    ...node.inputs.map((name) => bytesField(1, name)),
    ...node.outputs.map((name) => bytesField(2, name)),
    bytesField(3, node.name),
    bytesField(4, node.op),
    ...Object.entries(node.attributes).map(([name, value]) => bytesField(5, encodeAttribute(name, value))),
    bytesField(7, node.domain),
  );
}

/** Kinds of AttributeProto: 2 is an integer, 3 a text, 7 integers. */
function encodeAttribute(name: string, value: OnnxAttribute): Uint8Array {
  const label = bytesField(1, name);
  if (typeof value === "string") return message(label, bytesField(4, value), intField(20, 3));
  if (typeof value === "number") return message(label, intField(3, value), intField(20, 2));
  return message(label, ...value.map((x) => intField(8, x)), intField(20, 7));
}

function encodeTensor({ name, shape, data }: OnnxTensor): Uint8Array {
  const dims: readonly Field[] = shape.map((n) => intField(1, n));
  const type = intField(2, data instanceof Float32Array ? floatType : int64Type);
  return message(...dims, type, bytesField(8, name), bytesField(9, littleEndian(data)));
}

function littleEndian(data: Float32Array | BigInt64Array): Uint8Array {
  const bytes = new Uint8Array(data.byteLength);
  const view = new DataView(bytes.buffer);
  if (data instanceof Float32Array)
    for (let i = 0; i < data.length; i++) view.setFloat32(4 * i, data[i] ?? 0, true);
  else for (let i = 0; i < data.length; i++) view.setBigInt64(8 * i, data[i] ?? 0n, true);
  return bytes;
}

function encodePort({ name, shape }: OnnxPort): Uint8Array {
  const dims = shape.map((n) => bytesField(1, typeof n === "string" ? bytesField(2, n) : intField(1, n)));
  const tensorType = message(intField(1, floatType), bytesField(2, message(...dims)));
  return message(bytesField(1, name), bytesField(2, bytesField(1, tensorType)));
}
