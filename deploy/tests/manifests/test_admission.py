"""The admission policy, evaluated: our own pods get in, and ways around it do not."""

import copy

import celpy
import pytest

from conftest import Rendered

POLICY = "wasm-runner-restricted-with-proc"


@pytest.fixture(scope="module")
def policy(everything):
    return everything[0].one("ValidatingAdmissionPolicy", POLICY)["spec"]


def evaluate(expression, given):
    environment = celpy.Environment()
    return environment.program(environment.compile(expression)).evaluate(given)


def refusals(policy, pod):
    """The messages with which a pod is refused; none lets it in."""
    given = {"object": celpy.json_to_cel({"spec": pod})}
    variables = {one["name"]: evaluate(one["expression"], given) for one in policy["variables"]}
    given["variables"] = celpy.celtypes.MapType(
        {celpy.celtypes.StringType(name): value for name, value in variables.items()}
    )
    found = []
    for rule in policy["validations"]:
        try:
            passed = bool(evaluate(rule["expression"], given))
        except celpy.CELEvalError as error:
            # failurePolicy: Fail. None of these should need it.
            raise AssertionError(f"{rule['expression']}: {error}") from error
        if not passed:
            found.append(rule["message"])
    return found


@pytest.fixture(scope="module")
def pod(everything):
    return next(one.pod for one in everything[0].workloads() if one.name == "wasm-runner-service")


def test_every_pod_of_ours_gets_in(policy):
    seen = 0
    for name in ("overlays/staging", "overlays/production", "examples/full", "examples/validation-job"):
        for workload in Rendered(name).workloads():
            if workload.namespace == "wasm-runner-validations":
                seen += 1
                assert refusals(policy, workload.pod) == [], str(workload)
    assert seen >= 3


def change(path, value):
    def apply(pod):
        *parents, last = path
        for key in parents:
            pod = pod[key]
        if value is None:
            pod.pop(last, None)
        else:
            pod[last] = value
    return apply


FIRST = ("containers", 0, "securityContext")
BARE = {"name": "further", "image": "further"}
RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("hostNetwork",), True, "network"),
        (("hostPID",), True, "processes"),
        (("hostIPC",), True, "processes"),
        (("hostUsers",), True, "users of its own"),
        (("hostUsers",), None, "users of its own"),
        (("securityContext",), None, "runAsNonRoot"),
        (("securityContext", "runAsNonRoot"), False, "runAsNonRoot"),
        (("securityContext", "runAsUser"), 0, "runAsUser 0"),
        (("securityContext", "seccompProfile"), {"type": "Unconfined"}, "seccomp"),
        (("securityContext", "sysctls"), [{"name": "kernel.msgmax", "value": "1"}], "sysctls"),
        (("securityContext", "appArmorProfile"), {"type": "Unconfined"}, "AppArmor"),
        (("securityContext", "seLinuxOptions"), {"type": "spc_t"}, "SELinux"),
        (("automountServiceAccountToken",), None, "token"),
        (("automountServiceAccountToken",), True, "token"),
        (("volumes",), [{"name": "node", "hostPath": {"path": "/"}}], "volumes"),
        (("volumes",), [{"name": "token", "projected": {"sources": []}}], "volumes"),
        ((*FIRST, "privileged"), True, "gain privileges"),
        ((*FIRST, "allowPrivilegeEscalation"), None, "gain privileges"),
        ((*FIRST, "capabilities"), {"drop": ["NET_RAW"]}, "capabilities"),
        ((*FIRST, "capabilities"), {"drop": ["ALL"], "add": ["SYS_ADMIN"]}, "capabilities"),
        ((*FIRST, "readOnlyRootFilesystem"), False, "read-only"),
        ((*FIRST, "runAsUser"), 0, "undo"),
        ((*FIRST, "runAsNonRoot"), False, "undo"),
        ((*FIRST, "seccompProfile"), {"type": "Unconfined"}, "undo"),
        ((*FIRST, "appArmorProfile"), {"type": "Unconfined"}, "undo"),
        (("containers", 0, "ports"), [{"containerPort": 1, "hostPort": 1}], "port of the node"),
        # A container beside the first, of either further kind, is looked at too.
        (("initContainers",), [BARE], "gain privileges"),
        (("ephemeralContainers",), [BARE], "gain privileges"),
        (("initContainers",), [{**BARE, "securityContext": {**RESTRICTED, "privileged": True}}], "gain privileges"),
    ],
)
def test_no_way_around_it(policy, pod, path, value, message):
    pod = copy.deepcopy(pod)
    change(path, value)(pod)
    found = refusals(policy, pod)
    assert any(message in one for one in found), found


def test_it_denies_and_holds_where_pods_are_unmasked(everything, policy):
    binding = everything[0].one("ValidatingAdmissionPolicyBinding", POLICY)["spec"]
    assert binding == {"policyName": POLICY, "validationActions": ["Deny"]}
    assert policy["failurePolicy"] == "Fail"
    rule = policy["matchConstraints"]["resourceRules"][0]
    assert set(rule["operations"]) == {"CREATE", "UPDATE"}
    assert set(rule["resources"]) == {"pods", "pods/ephemeralcontainers"}
