"""supercl_torch.py --self-test: the check values of the method to 1e-9, counts, and a gradient by differences."""

import torch

import supercl_torch as method
from exchange import example_step, step_values


def self_test():
    """The check values of the method to 1e-9 in float64, the parameter counts, and the two loss forms."""
    failures = 0

    def expect(what, value, expected, tolerance=0.0):
        nonlocal failures
        good = value == expected if tolerance == 0 else abs(value - expected) <= tolerance
        failures += not good
        print(f"{'ok  ' if good else 'FAIL'} {what}: {value}" + ("" if good else f", expected {expected}"))

    for channels, total in ((1, 5_238_880), (4, 5_239_744)):
        network = method.SuperCLNetwork(channels)
        expect(f"parameters, {channels} channels", method.parameter_count(network), total)
    network = method.SuperCLNetwork(1)
    expect("parameters of the encoder", method.parameter_count(network.encoder), 4_713_568)
    expect("parameters of the projector", method.parameter_count(network.projector), 525_312)

    row, column = torch.meshgrid(torch.arange(8.0), torch.arange(3.0), indexing="ij")
    row, column = row.double(), column.double()
    rows = torch.sin(1 + 0.7 * row + 1.3 * column) + 0.25 * torch.cos(0.5 * row * column)
    loss = lambda positives: float(method.supervised_contrastive(rows, positives))
    positions = torch.tensor([0.05, 0.12, 0.5, 0.9], dtype=torch.float64)
    labels = torch.tensor([1, 1, 2, 3])
    expect("identity positives", loss(method.instance_positives(4)), 25.030356505774368, 1e-9)
    expect("positions", loss(method.instance_positives(4, positions)), 20.581961469725005, 1e-9)
    expect("labels", loss((labels[:, None] == labels[None, :]).repeat(2, 2)), 20.581961469725005, 1e-9)
    expect(
        "labels, by label sums",
        float(method.supervised_contrastive_by_label(rows, labels.repeat(2))),
        20.581961469725005,
        1e-9,
    )
    neighbors = method.nearest_neighbors(rows)
    expect("CCL neighbors", neighbors, [1, 2, 1, 2, 5, 6, 5, 6])
    components = method.connected_components(neighbors)
    expect("CCL components", components.tolist(), [0, 0, 0, 0, 4, 4, 4, 4])
    expect("L_inter", loss(method.weak_positives(components)), 10.555856017959348, 1e-9)

    r, c = torch.meshgrid(torch.arange(4), torch.arange(4), indexing="ij")
    mean = 0.1 * (4 * r + c).double() - 0.3 * ((r + c) % 3).double()
    regions = torch.tensor([[1, 1, 2, 2], [1, 1, 2, 2], [1, 3, 3, 2], [3, 3, 3, 3]])
    vector = method.average_superpixel_features(mean[None, None], regions[None])[0].reshape(4, 4)
    for label, (at, expected) in enumerate((((0, 0), 0.0), ((0, 2), 0.0875), ((3, 3), 0.38125)), 1):
        expect(f"ASP superpixel {label}", float(vector[at]), expected, 1e-9)

    torch.manual_seed(0)
    inputs = example_step(3, 32, 48, 1, 0)
    small = method.initialize(method.SuperCLNetwork(1, (4, 8, 8, 8, 16)))
    state = {name: tensor.clone() for name, tensor in small.state_dict().items()}
    values = step_values(small, inputs, torch.float64)
    expect(
        "loss is the weighted sum",
        float(values["loss"]),
        float(values["instance"] + values["intra"] + 0.5 * values["inter"]),
        1e-12,
    )
    name, at = "encoder.stages.1.conv2.weight", (2, 3, 1, 1)
    sides = []
    for sign in (1, -1):
        small.load_state_dict(state)
        with torch.no_grad():
            small.get_parameter(name)[at] += sign * 1e-6
        sides.append(float(step_values(small, inputs, torch.float64)["loss"]))
    numeric = (sides[0] - sides[1]) / 2e-6
    expect(
        "gradient beside a central difference",
        float(values[f"gradient.{name}"][at]),
        numeric,
        1e-5 * max(1, abs(numeric)),
    )
    small.load_state_dict(state)
    single = step_values(small.float(), inputs, torch.float32)
    expect("Float beside Double", abs(float(single["loss"] - values["loss"])) < 1e-4, True)
    print("self-test:", "passed" if failures == 0 else f"{failures} failed")
    return 0 if failures == 0 else 1
