"""Adapter of wasm-runner for the runner of the public WASI test suite.

The suite's runner loads this file as a module. WASM_RUNNER names the program (and options of its
own, in a shell's words); without it, it is looked for on the path.
"""

import os
import shlex
import subprocess
from typing import Dict, List, Optional, Tuple

WASM_RUNNER = shlex.split(os.getenv("WASM_RUNNER", "wasm-runner"))

# The suite tests clocks and randomness that are the machine's, and waits for no case longer than
# a few seconds. All else is what the preset `pure` allows, with the folder that a case asks for.
POLICY = ["--clocks", "real", "--random", "real"]


def get_name() -> str:
    return "wasm-runner"


def get_version() -> str:
    result = subprocess.run(
        WASM_RUNNER[0:1] + ["--version"],
        encoding="UTF-8",
        capture_output=True,
        check=True,
    )
    return result.stdout.split()[1]


def get_wasi_versions() -> List[str]:
    return ["wasm32-wasip1", "wasm32-wasip3"]


def get_wasi_worlds() -> List[str]:
    return ["wasi:cli/command"]


def get_timeout_seconds() -> float:
    return 60.0


def compute_argv(
    test_path: str,
    args_env_root: Tuple[List[str], Dict[str, str], Optional[str]],
    proposals: List[str],
    _wasi_world: str,
    _wasi_version: str,
) -> List[str]:
    args, env, root = args_env_root
    argv = WASM_RUNNER + ["run"] + POLICY
    for name, value in env.items():
        argv += ["--env", f"{name}={value}"]
    if "sockets" in proposals or os.path.basename(test_path).startswith("sockets"):
        # Sockets are made where something may be reached; what the cases bind and listen on is not
        # to be had.
        argv += ["--net", "127.0.0.1:1"]
    if root:
        argv += ["--dir", f"{root}::/"]
    return argv + [str(test_path)] + args
