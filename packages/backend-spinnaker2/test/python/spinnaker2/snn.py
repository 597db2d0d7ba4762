"""Populations, projections and networks as py-spinnaker2 documents them; wrong arguments fail loudly."""

MODELS = {"spike_list", "lif", "lif_no_delay", "lif_conv2d", "lif_curr_exp", "lif_curr_exp_no_delay"}
LIMITS = {"lif": 15, "lif_curr_exp": 15, "lif_no_delay": 127, "lif_curr_exp_no_delay": 127}


class Population:
    def __init__(self, size, neuron_model, params, name=None, record=None):
        assert neuron_model in MODELS, neuron_model
        assert isinstance(size, int) and size > 0
        self.size, self.model, self.params, self.name = size, neuron_model, params, name
        self.record = list(record or [])
        assert set(self.record) <= {"spikes", "v"}, self.record
        self.atoms = None
        self.spikes, self.voltages = {}, {}
        if neuron_model == "spike_list":
            assert all(isinstance(n, int) and 0 <= n < size for n in params)
        else:
            for key, value in params.items():
                if key == "reset":
                    assert value in ("reset_by_subtraction", "reset_to_v_reset"), value
                else:
                    assert isinstance(value, (int, float)) or len(value) == size, key

    def set_max_atoms_per_core(self, atoms):
        assert isinstance(atoms, int) and atoms > 0
        self.atoms = atoms

    def get_spikes(self):
        assert "spikes" in self.record
        return self.spikes

    def get_voltages(self):
        assert "v" in self.record
        return self.voltages


class Projection:
    def __init__(self, pre, post, connections):
        limit = LIMITS[post.model]
        for source, target, weight, delay in connections:
            assert type(weight) is int and -limit <= weight <= limit, weight
            assert 0 <= source < pre.size and 0 <= target < post.size
            assert 0 <= delay <= (7 if limit == 15 else 0), delay
        self.pre, self.post, self.connections = pre, post, connections


class Conv2DProjection:
    KEYS = {
        "in_height", "in_width", "stride_x", "stride_y", "pool_x", "pool_y",
        "pad_top", "pad_bottom", "pad_left", "pad_right",
    }

    def __init__(self, pre, post, weights, params):
        assert post.model == "lif_conv2d" and weights.dtype.name == "int8" and weights.ndim == 4
        assert set(params) == self.KEYS, params
        self.pre, self.post, self.weights, self.params = pre, post, weights, params


class Network:
    def __init__(self, name):
        self.name, self.parts = name, []

    def add(self, *parts):
        self.parts.extend(parts)

    def reset(self):
        pass
