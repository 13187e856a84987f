"""What each pod has to be, beyond what schemas can say."""

from conftest import arguments, seconds, size, source
import re
import tomllib

# The one field that `restricted` forbids and the second ring needs, and where it may stand.
UNMASKED = "wasm-runner-validations"


def test_there_are_pods_in_every_overlay(rendered):
    assert rendered.workloads()


def test_every_container_has_limits_and_requests(rendered):
    for workload in rendered.workloads():
        for container in workload.containers():
            for part in ("requests", "limits"):
                got = container["resources"][part]
                assert set(got) == {"cpu", "memory", "ephemeral-storage"}, f"{workload}: {part} {got}"
            requests, limits = container["resources"]["requests"], container["resources"]["limits"]
            for what in ("memory", "ephemeral-storage"):
                assert size(requests[what]) <= size(limits[what]), f"{workload}: {what}"


def test_every_service_is_probed_in_three_ways(rendered):
    for workload in rendered.workloads():
        if not workload.is_service():
            continue
        for container in workload.pod["containers"]:
            ports = {port["containerPort"] for port in container["ports"]}
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                assert container[probe]["grpc"]["port"] in ports, f"{workload}: {probe}"
            # What is alive but not ready is left alone for longer than it is kept out.
            assert patience(container["livenessProbe"]) > patience(container["readinessProbe"])


def patience(probe):
    return probe["periodSeconds"] * probe["failureThreshold"]


def test_every_pod_is_restricted(rendered):
    for workload in rendered.workloads():
        pod, name = workload.pod, str(workload)
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["enableServiceLinks"] is False, name
        for field in ("hostNetwork", "hostPID", "hostIPC"):
            assert not pod.get(field), name
        context = pod["securityContext"]
        assert context["runAsNonRoot"] is True and context["runAsUser"] > 0 and context["runAsGroup"] > 0, name
        assert context["seccompProfile"]["type"] in ("RuntimeDefault", "Localhost"), name
        for container in workload.containers():
            context = container["securityContext"]
            assert context["allowPrivilegeEscalation"] is False, name
            assert context["readOnlyRootFilesystem"] is True, name
            assert context["capabilities"] == {"drop": ["ALL"]}, name
            assert not context.get("privileged"), name
            if context.get("procMount", "Default") != "Default":
                assert workload.namespace == UNMASKED and pod["hostUsers"] is False, name
        for volume in pod.get("volumes", []):
            kind = set(volume) - {"name"}
            assert kind <= {"configMap", "emptyDir", "ephemeral", "persistentVolumeClaim", "secret"}, name
            if "emptyDir" in volume:
                assert "sizeLimit" in (volume["emptyDir"] or {}), f"{name}: {volume['name']}"


def test_every_namespace_is_restricted_or_says_why_not(rendered):
    for namespace in rendered.of("Namespace"):
        labels = namespace["metadata"]["labels"]
        for mode in ("audit", "warn"):
            assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
        if labels["pod-security.kubernetes.io/enforce"] != "restricted":
            assert namespace["metadata"]["name"] == UNMASKED
            assert namespace["metadata"]["annotations"]["wasm-runner/why-not-enforced-restricted"]
            # In its place: see test_admission.py.
            policy = rendered.one("ValidatingAdmissionPolicy", "wasm-runner-restricted-with-proc")
            wanted = policy["spec"]["matchConstraints"]["namespaceSelector"]["matchLabels"]
            assert wanted.items() <= labels.items()


def test_every_namespace_has_a_quota_and_a_limit_range(rendered):
    for namespace in rendered.of("Namespace"):
        name = namespace["metadata"]["name"]
        for kind in ("ResourceQuota", "LimitRange"):
            assert [one for one in rendered.of(kind) if one["metadata"]["namespace"] == name], f"{name}: {kind}"


def test_quotas_have_room_for_what_there_may_be(rendered):
    for quota in rendered.of("ResourceQuota"):
        hard = quota["spec"]["hard"]
        pods = memory = claims = storage = 0
        for claim in rendered.of("PersistentVolumeClaim"):
            if claim["metadata"]["namespace"] == quota["metadata"]["namespace"]:
                claims += 1
                storage += size(claim["spec"]["resources"]["requests"]["storage"])
        for workload in rendered.workloads():
            if workload.namespace != quota["metadata"]["namespace"]:
                continue
            count = most(rendered, workload)
            pods += count
            for container in workload.containers():
                memory += count * size(container["resources"]["limits"]["memory"])
            for claim in claims_of(workload):
                claims += count
                storage += count * size(claim["resources"]["requests"]["storage"])
        name = f"{rendered.name}: {quota['metadata']['name']}"
        assert pods <= int(hard["pods"]), f"{name}: {pods} pods"
        assert memory <= size(hard["limits.memory"]), f"{name}: {memory} bytes of memory"
        assert claims <= int(hard.get("persistentvolumeclaims", claims)), f"{name}: {claims} claims"
        assert storage <= size(hard.get("requests.storage", storage)), f"{name}: {storage} bytes of storage"


def most(rendered, workload):
    """The most pods at a time, a rolling update's further one included."""
    count = workload.whole["spec"].get("replicas", 1)
    for scaler in rendered.of("HorizontalPodAutoscaler"):
        if scaler["spec"]["scaleTargetRef"]["name"] == workload.name and scaler["metadata"]["namespace"] == workload.namespace:
            count = scaler["spec"]["maxReplicas"]
    surge = workload.whole["spec"].get("strategy", {}).get("rollingUpdate", {}).get("maxSurge", 0)
    return count + surge


def claims_of(workload):
    found = [one["spec"] for one in workload.whole["spec"].get("volumeClaimTemplates", [])]
    for volume in workload.pod.get("volumes", []):
        if "ephemeral" in volume:
            found.append(volume["ephemeral"]["volumeClaimTemplate"]["spec"])
    return found


def test_every_service_has_a_budget_and_its_own_account(rendered):
    for workload in rendered.workloads():
        assert workload.pod["serviceAccountName"] != "default", str(workload)
        account = rendered.one("ServiceAccount", workload.pod["serviceAccountName"], workload.namespace)
        assert account["automountServiceAccountToken"] is False
        if workload.is_service():
            budgets = [
                one
                for one in rendered.of("PodDisruptionBudget")
                if one["metadata"]["namespace"] == workload.namespace
                and one["spec"]["selector"]["matchLabels"].items() <= workload.labels.items()
            ]
            assert len(budgets) == 1, str(workload)


def test_nothing_may_ask_the_api(rendered):
    """Nothing here does; whoever adds a role says so here."""
    assert not rendered.of("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")


def test_no_secret_is_written_down(rendered):
    assert not rendered.of("Secret")


def test_several_pods_are_spread_over_nodes(rendered):
    for workload in rendered.workloads():
        if workload.kind == "Deployment":
            keys = [one["topologyKey"] for one in workload.pod["topologySpreadConstraints"]]
            assert "kubernetes.io/hostname" in keys, str(workload)
            for one in workload.pod["topologySpreadConstraints"]:
                assert one["labelSelector"]["matchLabels"].items() <= workload.labels.items()


def test_a_rolling_update_takes_none_away_before_the_next_is_ready(rendered):
    for workload in rendered.workloads():
        if workload.kind == "Deployment":
            rolling = workload.whole["spec"]["strategy"]["rollingUpdate"]
            assert rolling["maxUnavailable"] == 0 and rolling["maxSurge"] >= 1, str(workload)


def test_what_is_scaled_does_not_say_how_many(rendered):
    """Each release would undo what the autoscaler decided."""
    scaled = {
        (one["metadata"]["namespace"], one["spec"]["scaleTargetRef"]["name"])
        for one in rendered.of("HorizontalPodAutoscaler")
    }
    for workload in rendered.workloads():
        if (workload.namespace, workload.name) in scaled:
            assert "replicas" not in workload.whole["spec"], str(workload)
        elif workload.is_service():
            assert workload.whole["spec"]["replicas"] == 1, str(workload)


def test_the_service_is_one_and_a_set(rendered):
    """One process holds the knowledge base: a second one would not even start."""
    for workload in rendered.workloads():
        for container in workload.pod["containers"]:
            options = arguments(container)
            if "serve" in container.get("args", []) and "calls-only" not in options:
                assert workload.kind == "StatefulSet" and workload.whole["spec"]["replicas"] == 1
                targets = [one["spec"]["scaleTargetRef"]["name"] for one in rendered.of("HorizontalPodAutoscaler")]
                assert workload.name not in targets


def test_pods_are_given_the_time_that_they_need_to_end(rendered):
    """Running calls, what is cancelled then, and validations may each take the grace period
    (host-api/src/server/serve.rs)."""
    for workload in rendered.workloads():
        for container in workload.pod["containers"]:
            if "serve" not in container.get("args", []):
                continue
            before = container["lifecycle"]["preStop"]["sleep"]["seconds"]
            needed = before + 3 * seconds(arguments(container)["grace"]) + 1
            assert workload.pod["terminationGracePeriodSeconds"] >= needed, str(workload)


def ceiling(rendered, workload):
    name = workload.volume("ceiling")["configMap"]["name"]
    return rendered.one("ConfigMap", name, workload.namespace)["data"]["ceiling.toml"]


def test_what_calls_may_hold_together_fits_into_the_pod(rendered):
    """So that memory ends in refused calls (RESOURCE_EXHAUSTED), not in a killed pod."""
    mib = 1 << 20
    for workload in rendered.workloads():
        for container in workload.pod["containers"]:
            if "serve" not in container.get("args", []):
                continue
            options = arguments(container)
            memory = size(tomllib.loads(ceiling(rendered, workload))["limits"]["memory"])
            needed = int(options["max-running-calls"]) * memory
            # Modules and their compiled code (`tool_cache`), and the process itself.
            needed += (256 + 256) * mib
            if "calls-only" not in options:
                needed += int(options["validation-workers"]) * (build("memory") + build("disk"))
            limit = size(container["resources"]["limits"]["memory"])
            assert needed <= limit, f"{workload}: {needed / mib} MiB may be needed, and the limit is {limit / mib}"


def build(what):
    """What a build may hold, from where it is limited."""
    text = source("validation/src/rust/cargo.rs").partition("const RESOURCES")[2].partition("};")[0]
    number, shift = re.search(rf"\b{what}: (\d+) << (\d+)", text).groups()
    return int(number) << int(shift)


def test_the_key_stays_its_owners(rendered):
    """The service refuses a key that a group may read, which is what setting the group of every file
    at every start would make of it."""
    for workload in rendered.workloads():
        for container in workload.pod["containers"]:
            data = arguments(container).get("data-dir")
            if data:
                mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
                assert data not in mounts and data.rpartition("/")[0] in mounts, str(workload)
                assert workload.pod["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch", str(workload)


def test_config_maps_are_named_by_their_content(rendered):
    """A change of one is a change of the pods."""
    for config in rendered.of("ConfigMap"):
        assert re.search(r"-[a-z0-9]{10}$", config["metadata"]["name"]), config["metadata"]["name"]


def test_backups_are_taken_where_the_service_is(rendered):
    """Of its claim, on its node, as its user: SQLite's locks hold between processes of one node only."""
    for workload in rendered.workloads():
        backups = [one for one in workload.containers() if one.get("args", [""])[0] == "backup"]
        if not backups:
            continue
        (container,) = backups
        service = next(one for one in rendered.workloads() if one.kind == "StatefulSet")
        (template,) = service.whole["spec"]["volumeClaimTemplates"]
        claim = workload.volume("data")["persistentVolumeClaim"]["claimName"]
        assert workload.namespace == service.namespace
        assert claim == f"{template['metadata']['name']}-{service.name}-0"
        (term,) = workload.pod["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert term["topologyKey"] == "kubernetes.io/hostname"
        assert term["labelSelector"]["matchLabels"].items() <= service.labels.items()
        for field in ("nodeSelector", "tolerations", "hostUsers"):
            assert workload.pod[field] == service.pod[field]
        options = arguments(container)
        assert options["data-dir"] == arguments(service.pod["containers"][0])["data-dir"]
        mounts = {mount["name"]: mount for mount in container["volumeMounts"]}
        assert options["into"].startswith(mounts["backups"]["mountPath"] + "/")
        assert workload.volume("backups")["persistentVolumeClaim"]["claimName"] != claim
        assert workload.whole["spec"]["concurrencyPolicy"] == "Forbid"


def test_the_alert_on_old_backups_leaves_room_for_three_that_fail(rendered):
    alerts = source("deploy/observability/prometheus/alerts.yml").partition("alert: WasmRunnerBackupOld")[2]
    threshold = int(re.search(r"last_backup_timestamp_seconds > (\d+)", alerts).group(1))
    for workload in rendered.workloads():
        if workload.kind == "CronJob":
            hours = int(re.fullmatch(r"\d+ \*/(\d+) \* \* \*", workload.whole["spec"]["schedule"]).group(1))
            assert 4 * hours * 3600 <= threshold


def test_what_is_uploaded_is_what_was_made():
    from conftest import Rendered
    job = next(one for one in Rendered("examples/full").workloads() if one.kind == "CronJob")
    (made,), (upload,) = job.pod["initContainers"], job.pod["containers"]
    assert upload["args"][:2] == ["copy", arguments(made)["into"]]
    # It can take nothing away: neither here nor, since `copy` never does, there.
    assert next(mount for mount in upload["volumeMounts"] if mount["name"] == "backups")["readOnly"] is True
    assert [one["name"] for one in upload["volumeMounts"]] == ["backups", "tmp"], "no key within its reach"
