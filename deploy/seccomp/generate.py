"""Writes service.json: the seccomp profile of the container that builds and judges proposals.

    python3 deploy/seccomp/generate.py > deploy/seccomp/service.json

It allows what a job of the second ring may call (isolation/src/filters/allowed.json, where arguments
are limited as well), what the ring is made of, and what the service itself needs. All else fails with
ENOSYS, as if the kernel were older. What a job itself may call is decided anew, inside, by the ring.
"""

import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]

RING = {
    # Namespaces, and a file system of nothing but what a job names.
    "namespaces and mounts": ["unshare", "mount", "umount2", "pivot_root", "sethostname"],
    # Becoming a user without privileges, and restricting itself.
    "users and restrictions": [
        "capget", "capset", "seccomp", "setgroups", "setresgid", "setresuid",
        "landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self",
    ],
    # What a job wrote is put back as it was, times and owners included.
    "what is put back": [
        "fchmodat2", "fchown", "fchownat", "fgetxattr", "fsetxattr", "lchown", "lsetxattr",
        "mknodat", "removexattr", "setxattr", "syncfs",
    ],
}

SERVICE = {
    "sockets": [
        "accept4", "bind", "connect", "getpeername", "getsockname", "listen", "sendmmsg",
        "setsockopt", "socket",
    ],
    "processes and threads": [
        "clone", "clone3", "setpgid", "setsid",
    ],
    "the container's start": ["setgid", "setuid"],
}


def names():
    allowed = json.loads((ROOT / "isolation/src/filters/allowed.json").read_text())
    found = {name for group in allowed["everywhere"].values() for name in group}
    found.update(allowed["x86_64"])
    found.update(rule["syscall"] for rule in allowed["arguments"])
    for groups in (RING, SERVICE):
        found.update(name for group in groups.values() for name in group)
    return sorted(found)


def profile():
    return {
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": 38,
        "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64"],
        "syscalls": [{"names": names(), "action": "SCMP_ACT_ALLOW"}],
    }


if __name__ == "__main__":
    print(json.dumps(profile(), indent=1))
