/** The part of `run_s2.py` that is the same for every network. */
export const programBody: string = `import argparse
import json
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))


def load(path):
    """Array of a .npy file beside this program."""
    return np.load(os.path.join(HERE, path), allow_pickle=False)


def parameters(population):
    """Parameters with per-neuron values read from their files."""
    params = dict(population["params"])
    for key, value in params.items():
        if isinstance(value, str) and value.endswith(".npy"):
            params[key] = [float(v) for v in load(value)]
    return params


def build(spikes, record_all):
    """The network with its populations, in the order of POPULATIONS; spikes by id and neuron."""
    from spinnaker2 import snn

    made = []
    for population in POPULATIONS:
        if population["model"] == "spike_list":
            times = spikes.get(population["id"], {})
            params = {n: list(times.get(n, times.get(str(n), []))) for n in range(population["size"])}
            record = []
        else:
            params = parameters(population)
            record = list(population["record"])
            if record_all and "spikes" not in record and not population["readout"]:
                record.append("spikes")
        pop = snn.Population(
            size=population["size"],
            neuron_model=population["model"],
            params=params,
            name=population["id"],
            record=record,
        )
        pop.set_max_atoms_per_core(population["atoms"])
        made.append(pop)
    links = []
    for projection in PROJECTIONS:
        pre, post = made[projection["pre"]], made[projection["post"]]
        if projection["kind"] == "conv2d":
            weights = load(projection["file"])
            links.append(snn.Conv2DProjection(pre, post, weights, dict(projection["params"])))
        else:
            rows = load(projection["file"])
            delay = projection["delay"]
            connections = [[int(a), int(b), int(w), delay] for a, b, w in rows]
            links.append(snn.Projection(pre=pre, post=post, connections=connections))
    net = snn.Network("nirkit")
    net.add(*made, *links)
    return net, made


def run(net, steps, args):
    """Runs on the chosen machine; a fresh chip object per sample."""
    if args.target == "brian2":
        from spinnaker2 import brian2_sim

        brian2_sim.Brian2Backend().run(net, steps, quantize_weights=True)
        return
    from spinnaker2 import hardware

    if args.target == "board":
        machine = hardware.SpiNNcloud48NodeBoard(stm_ip=args.ip)
    else:
        machine = hardware.SpiNNaker2Chip(eth_ip=args.ip)
    machine.run(net, steps, sys_tick_in_s=args.tick)


def read_input(path):
    """Steps and spikes of a JSON file like selfcheck/input.json, or of a [steps, neurons] .npy array of 0 and 1."""
    if path.endswith(".npy"):
        data = np.load(path, allow_pickle=False)
        data = data.reshape(data.shape[0], -1)
        if not np.isin(data, (0, 1)).all():
            sys.exit("input: a spike list holds 0 or 1 per neuron and step")
        times = {n: [int(t) for t in np.nonzero(data[:, n])[0]] for n in range(data.shape[1])}
        return data.shape[0] + LATENCY, {INPUTS[0]: times}
    with open(path, encoding="utf-8") as file:
        given = json.load(file)
    return int(given["steps"]), given["spikes"]


def sorted_spikes(pop):
    """Steps of every neuron that fired."""
    return {int(n): sorted(int(t) for t in times) for n, times in pop.get_spikes().items() if len(times) > 0}


def first_difference(expected, got):
    """(neuron, step, what) of the earliest spike that only one side has, or None."""
    wrong = []
    for neuron in set(expected) | set(got):
        a, b = set(expected.get(neuron, [])), set(got.get(neuron, []))
        wrong += [(t, neuron, "missing") for t in a - b] + [(t, neuron, "extra") for t in b - a]
    if not wrong:
        return None
    step, neuron, what = min(wrong)
    return neuron, step, what, len(wrong)


def compare(made, expected):
    """Prints the first difference of every population; True where there is none."""
    good = True
    total = 0
    for population, pop in zip(POPULATIONS, made):
        name = population["id"]
        if name in expected["spikes"]:
            want = {int(n): times for n, times in expected["spikes"][name].items()}
            total += sum(len(times) for times in want.values())
            found = first_difference(want, sorted_spikes(pop))
            if found is not None:
                neuron, step, what, count = found
                print(f"{name}: neuron {neuron}, step {step}: {what} spike (first of {count})")
                good = False
        if name in expected.get("voltages", {}):
            voltages = pop.get_voltages()
            for neuron, want in enumerate(expected["voltages"][name]):
                got = np.asarray(voltages[neuron], dtype=np.float64)[: len(want)]
                off = np.nonzero(np.abs(got - want) > 1e-6 * np.maximum(1.0, np.abs(want)))[0]
                if len(got) < len(want) or len(off) > 0:
                    step = int(off[0]) if len(off) > 0 else len(got)
                    print(f"{name}: neuron {neuron}, step {step}: another voltage")
                    good = False
                    break
    if good:
        print(f"selfcheck: all {total} spikes as predicted")
    return good


def report(made):
    """Spikes per neuron of the outputs, and membranes of readouts in units of the model."""
    result = {}
    for population, pop in zip(POPULATIONS, made):
        if population["id"] not in OUTPUTS:
            continue
        if population["readout"]:
            scale = np.asarray(population["scale"], dtype=np.float64)
            voltages = pop.get_voltages()
            stacked = np.stack([np.asarray(voltages[n], dtype=np.float64) for n in range(population["size"])])
            result[population["id"]] = (stacked.T * scale).T.tolist()
        elif "spikes" in population["record"]:
            spikes = sorted_spikes(pop)
            result[population["id"]] = [len(spikes.get(n, [])) for n in range(population["size"])]
    return result


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", choices=["chip", "board", "brian2"], default="chip")
    parser.add_argument("--ip", default=os.environ.get("S2_IP", "192.168.1.48"), help="address of chip or board")
    parser.add_argument("--tick", type=float, default=TICK, help="seconds of a step")
    parser.add_argument("--selfcheck", action="store_true", help="run selfcheck/ and compare every spike")
    parser.add_argument("--input", help="JSON like selfcheck/input.json, or .npy [steps, neurons]")
    parser.add_argument("--output", help="file for spike counts and membranes (JSON)")
    args = parser.parse_args(arguments)
    path = args.input
    if args.selfcheck or path is None:
        path = os.path.join(HERE, "selfcheck", "input.json")
    steps, spikes = read_input(path)
    net, made = build(spikes, args.selfcheck)
    run(net, steps, args)
    result = report(made)
    text = json.dumps(result)
    if args.output:
        with open(args.output, "w", encoding="utf-8") as file:
            file.write(text + "\\n")
    else:
        print(text)
    if not args.selfcheck:
        return 0
    with open(os.path.join(HERE, "selfcheck", "expected.json"), encoding="utf-8") as file:
        expected = json.load(file)
    return 0 if compare(made, expected) else 1


if __name__ == "__main__":
    sys.exit(main())
`;
