import { NirkitError, toFloat64 } from "@nirkit/graph";
import { simulateNetwork } from "@nirkit/network";
import { describe, expect, test } from "vitest";
import { conformanceCases } from "../src/conformance/cases.ts";
import { conformanceChecks, describeBackend } from "../src/conformance.ts";
import type { Backend } from "../src/index.ts";
import { type JsonMapping, type JsonOptions, jsonBackend, withNeurons } from "./json-backend.ts";

describeBackend(jsonBackend);

type Json = Backend<JsonOptions, JsonMapping>;

/** "case: check" of every check that fails. */
function failures(backend: Json): string[] {
  return conformanceChecks(backend).flatMap(({ name, checks }) =>
    checks.flatMap((check) => {
      try {
        check.run();
        return [];
      } catch {
        return [`${name}: ${check.name}`];
      }
    }),
  );
}

describe("the kit on the json back end", () => {
  const groups = conformanceChecks(jsonBackend);

  test("44 cases: 38 run with 10 checks each, 6 are refused", () => {
    expect(groups.length - 1).toBe(44);
    expect(groups.filter(({ checks }) => checks.length === 10).length).toBe(38);
    const refused = groups.filter(({ checks }) => checks.some((c) => c.name.startsWith("is refused")));
    expect(refused.map((g) => g.name)).toEqual([
      "LIF on a grid of states",
      "Delay with unequal entries",
      "a sparse projection",
      "an identity projection",
      "a convolution",
      "a window sum",
    ]);
  });

  test("every case makes its output non-zero, so that equality says something", () => {
    for (const { name, network, input } of conformanceCases())
      for (const [port, values] of simulateNetwork(network, input).outputs)
        expect([name, port, toFloat64(values).some((x) => x !== 0)]).toEqual([name, port, true]);
  });
});

describe("the kit catches", () => {
  test("a comparison that is off by one", () => {
    const broken: Json = {
      ...jsonBackend,
      simulate: (d, input, o) =>
        jsonBackend.simulate(
          withNeurons(d, (n) => ({ ...n, theta: n.theta.map((t) => t + 1) })),
          input,
          o,
        ),
    };
    expect(failures(broken)).toContain("IF, value reset, gt: simulate equals the golden simulator");
  });

  test("a leak that rounds the wrong way", () => {
    const floor = (d: Parameters<Json["simulate"]>[0]): typeof d =>
      withNeurons(d, (n) => (n.leak.form === "mul" ? { ...n, leak: { ...n.leak, round: "floor" } } : n));
    const broken: Json = {
      ...jsonBackend,
      simulate: (d, input, o) => jsonBackend.simulate(floor(d), input, o),
    };
    expect(failures(broken)).toContain(
      "LIF, multiply leak, toward zero: simulate equals the golden simulator",
    );
  });

  test("weights that are packed wrongly, which only load() shows", () => {
    const broken: Json = {
      ...jsonBackend,
      emit: (d) =>
        jsonBackend
          .emit(d)
          .map((f) =>
            f.path === "weights/0.hex" ? { ...f, content: String(f.content).replace(/^../, "7f") } : f,
          ),
    };
    const found = failures(broken);
    expect(found).toContain("two layers: simulate equals it after load(emit())");
    expect(found).not.toContain("two layers: simulate equals the golden simulator");
  });

  test("state that stays from one sample to the next", () => {
    let runs = 0;
    const broken: Json = {
      ...jsonBackend,
      simulate: (d, input, o) => {
        const late = 100 * (runs++ % 2);
        return jsonBackend.simulate(
          withNeurons(d, (n) => ({ ...n, theta: n.theta.map((t) => t + late) })),
          input,
          o,
        );
      },
    };
    expect(failures(broken)).toContain("IF, subtract reset: a second sample starts from zero state");
  });

  test("emission that counts its calls", () => {
    let calls = 0;
    const broken: Json = {
      ...jsonBackend,
      emit: (d) => [...jsonBackend.emit(d), { path: "log.txt", content: `${calls++}` }],
    };
    expect(failures(broken)).toContain("IF, value reset, gt: emission is deterministic");
  });

  test("a file named after a hostile population", () => {
    const broken: Json = {
      ...jsonBackend,
      emit: (d) => [
        ...jsonBackend.emit(d),
        ...d.mapping.network.populations.map((p) => ({ path: `${p.name}.json`, content: "" })),
      ],
    };
    expect(failures(broken)).toEqual(["hostile names: file paths are safe"]);
  });

  test("a refusal without a hint", () => {
    const broken: Json = {
      ...jsonBackend,
      check: (n, o) => jsonBackend.check(n, o).map(({ hint: _, ...d }) => d),
    };
    expect(failures(broken)).toContain("a convolution: is refused with code, path and hint");
  });

  test("a check that compile ignores", () => {
    const broken: Json = {
      ...jsonBackend,
      compile: (n, o) => ({ ...jsonBackend.compile({ ...n, populations: [], projections: [] }, o) }),
    };
    expect(failures(broken)).toContain("a convolution: is refused with code, path and hint");
  });

  test("a refusal that is no NirkitError", () => {
    const broken: Json = {
      ...jsonBackend,
      compile: (n, o) => {
        try {
          return jsonBackend.compile(n, o);
        } catch (error) {
          throw error instanceof NirkitError ? new Error("no") : error;
        }
      },
    };
    expect(failures(broken)).toContain("a window sum: is refused with code, path and hint");
  });

  test("a back end that refuses everything", () => {
    const refusal = { code: "E_NO", level: "error", path: "/", message: "No", hint: "None" } as const;
    const broken: Json = {
      ...jsonBackend,
      check: () => [refusal],
      compile: () => {
        throw new NirkitError([refusal]);
      },
    };
    expect(failures(broken)).toEqual(["IF, value reset, gt: is refused with code, path and hint"]);
  });

  test("a compile that changes the network", () => {
    const broken: Json = {
      ...jsonBackend,
      compile: (n, o) => {
        n.populations[0]?.bias.fill(1);
        return jsonBackend.compile(n, o);
      },
    };
    expect(failures(broken)).toContain("IF, value reset, gt: the input is not changed");
  });

  test("a figure without a source, and an activity that counts nothing", () => {
    const silent: Json = {
      ...jsonBackend,
      estimate: () => ({
        figures: [{ name: "energy", value: 1, unit: "pJ", method: "guess", source: "" }],
        diagnostics: [],
      }),
      simulate: (d, input, o) => ({ ...jsonBackend.simulate(d, input, o), activity: new Map() }),
    };
    const found = failures(silent);
    expect(found).toContain("two layers: every cost figure has unit, method and source");
    expect(found).toContain("two layers: simulate equals the golden simulator");
  });

  test("a name, a version or a contract that is none, and a deployment of another name", () => {
    const broken: Json = { ...jsonBackend, name: "My Backend", version: "one" };
    expect(failures(broken)).toContain(
      "the contract: names itself: contract 1, a kebab-case name, a version and a summary",
    );
    expect(failures(broken)).toContain("two layers: the deployment says what it is");
  });
});
