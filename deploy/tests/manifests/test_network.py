"""Who reaches whom, worked out from the policies as a network would."""

import tomllib

from conftest import ROOT, Rendered, OVERLAYS
import pytest

FLOWS = tomllib.loads((ROOT / "deploy/tests/manifests/flows.toml").read_text())["flow"]
ANNOTATION = "wasm-runner/flow"


class Pod:
    """One pod of a workload, or one of the cluster's own."""

    def __init__(self, name, namespace, labels, ports):
        self.name, self.namespace, self.labels, self.ports = name, namespace, labels, ports


def pods_of(*rendered):
    found = []
    for one in rendered:
        for workload in one.workloads():
            ports = {
                port["name"]: port["containerPort"]
                for container in workload.pod["containers"]
                for port in container.get("ports", [])
            }
            found.append(Pod(str(workload), workload.namespace, workload.labels, ports))
    return found


CLUSTERS_OWN = [
    Pod("gateway", "gateway-system", {"gateway.networking.k8s.io/gateway-name": "wasm-runner"}, {}),
    Pod("dns", "kube-system", {"k8s-app": "kube-dns"}, {"dns": 53}),
    Pod("prometheus", "monitoring", {"app.kubernetes.io/name": "prometheus"}, {}),
    Pod("collector", "observability", {"app.kubernetes.io/name": "opentelemetry-collector"}, {"otlp": 4317}),
    Pod("object-store", "object-store", {"app.kubernetes.io/name": "object-store"}, {"s3": 9000}),
    # Strangers: in a namespace that says nothing, one that may be a client's, and with labels only.
    Pod("stranger", "default", {}, {"http": 80}),
    Pod("pretender", "default", {"wasm-runner/calls": "true", "wasm-runner/proposes": "true"}, {}),
    Pod("neighbour", "core-services", {}, {"http": 80}),
]


def matches(selector, labels):
    assert set(selector) <= {"matchLabels", "matchExpressions"}
    for expression in selector.get("matchExpressions", []):
        assert expression["operator"] == "In", "the other operators have to be read here first"
        if labels.get(expression["key"]) not in expression["values"]:
            return False
    return selector.get("matchLabels", {}).items() <= labels.items()


class Network:
    def __init__(self, rendered):
        self.policies = [policy for one in rendered for policy in one.of("NetworkPolicy")]
        self.namespaces = {
            one["metadata"]["name"]: {**one["metadata"]["labels"], "kubernetes.io/metadata.name": one["metadata"]["name"]}
            for all in rendered
            for one in all.of("Namespace")
        }

    def labels(self, namespace):
        return self.namespaces.get(namespace, {"kubernetes.io/metadata.name": namespace})

    def of(self, pod, direction):
        return [
            policy
            for policy in self.policies
            if policy["metadata"]["namespace"] == pod.namespace
            and direction in policy["spec"]["policyTypes"]
            and matches(policy["spec"]["podSelector"], pod.labels)
        ]

    def is_peer(self, peer, policy, pod):
        assert set(peer) <= {"namespaceSelector", "podSelector"}, peer
        if "namespaceSelector" in peer:
            if not matches(peer["namespaceSelector"], self.labels(pod.namespace)):
                return False
        elif pod.namespace != policy["metadata"]["namespace"]:
            return False
        return matches(peer.get("podSelector", {}), pod.labels)

    def lets(self, direction, pod, other, number, target):
        """Whether pod's policies let a connection with other through, to this port of target."""
        policies = self.of(pod, direction)
        if not policies:
            return True
        side = {"Ingress": "from", "Egress": "to"}[direction]
        return any(
            any(self.is_peer(peer, policy, other) for peer in rule[side])
            and any(port["port"] in (number, name_of(target, number)) for port in rule["ports"])
            for policy in policies
            for rule in policy["spec"].get(direction.lower(), [])
        )

    def connects(self, a, b, number):
        return self.lets("Egress", a, b, number, b) and self.lets("Ingress", b, a, number, b)


def name_of(pod, number):
    return next((name for name, port in pod.ports.items() if port == number), None)


def stands_for(pattern, name):
    return name == pattern or (pattern.endswith("/*") and name.startswith(pattern[:-1]))


def test_exactly_the_flows_that_are_named_get_through(everything):
    network, own = Network(everything), pods_of(*everything)
    every = own + CLUSTERS_OWN
    expected = set()
    for flow in FLOWS:
        for a in every:
            for b in every:
                if any(stands_for(one, a.name) for one in flow["from"]) and any(stands_for(one, b.name) for one in flow["to"]):
                    expected.add((a.name, b.name, b.ports.get(flow["port"], flow["port"])))
    # `neighbour` is no workload of ours, but in the namespace: names are all that it may ask for.
    expected.add(("neighbour", "dns", 53))
    seen = set()
    for a in every:
        for b in every:
            # Between two of the cluster's own, none of ours has a say.
            if a.name in ("neighbour",) or b.name in ("neighbour",) or a in own or b in own:
                for number in {*b.ports.values(), 50051, 80, 443}:
                    if a is not b and network.connects(a, b, number):
                        seen.add((a.name, b.name, number))
    expected = {(a, b, number) for a, b, number in expected if a != b}
    assert seen == expected


@pytest.mark.parametrize("name", OVERLAYS)
def test_every_rule_belongs_to_a_flow_and_is_narrow(name):
    known = {flow["name"] for flow in FLOWS}
    for policy in Rendered(name).of("NetworkPolicy"):
        spec, metadata = policy["spec"], policy["metadata"]
        rules = spec.get("ingress", []) + spec.get("egress", [])
        if metadata["name"] == "default-deny":
            assert spec["podSelector"] == {} and set(spec["policyTypes"]) == {"Ingress", "Egress"} and not rules
            continue
        assert metadata["annotations"][ANNOTATION] in known, metadata["name"]
        assert rules, f"{metadata['name']} lets nothing through"
        for rule in rules:
            peers = rule.get("from", []) + rule.get("to", [])
            assert peers and rule["ports"], metadata["name"]
            for peer in peers:
                assert peer.get("podSelector"), f"{metadata['name']} means every pod"
            for port in rule["ports"]:
                assert port["protocol"] in ("TCP", "UDP") and "endPort" not in port


def test_every_flow_has_its_policy(everything):
    there = {
        policy["metadata"]["annotations"].get(ANNOTATION)
        for one in everything
        for policy in one.of("NetworkPolicy")
        if "annotations" in policy["metadata"]
    }
    assert there == {flow["name"] for flow in FLOWS}
    assert all(flow["why"] for flow in FLOWS)


@pytest.mark.parametrize("name", OVERLAYS)
def test_nothing_is_open_by_default(name):
    rendered = Rendered(name)
    # An example may stand in a namespace that the base makes.
    base = Rendered("overlays/production")
    denied = {
        policy["metadata"]["namespace"]
        for policy in rendered.of("NetworkPolicy") + base.of("NetworkPolicy")
        if policy["metadata"]["name"] == "default-deny"
    }
    for workload in rendered.workloads():
        assert workload.namespace in denied, str(workload)


def test_every_address_that_a_service_has_is_somebodys_way_in(everything):
    """A Service whose pods nobody may reach is a flow that was forgotten."""
    network, every = Network(everything), pods_of(*everything) + CLUSTERS_OWN
    for one in everything:
        for service in one.of("Service"):
            targets = [
                pod for pod in pods_of(one)
                if pod.namespace == service["metadata"]["namespace"]
                and service["spec"]["selector"].items() <= pod.labels.items()
            ]
            assert targets, f"{service['metadata']['name']} has no pods"
            for port in service["spec"]["ports"]:
                number = targets[0].ports[port["targetPort"]]
                assert any(network.connects(pod, targets[0], number) for pod in every if pod.name != targets[0].name)
