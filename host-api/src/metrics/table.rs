//! Every metric that there is.
//!
//! Whoever changes a line here changes `docs/metrics.md` (a test says how) and may have to change
//! `deploy/observability`, whose rules and dashboards are held against this table.

use super::MetricKind::{Counter, Gauge, Histogram, Info};
use super::MetricUnit::{Bytes, Seconds};
use super::definition::metrics;

/// Seconds that an answer takes: calls take from some 20 µs on.
const ANSWERS: &[f64] = &[
    0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];
/// Seconds that a run takes.
const RUNS: &[f64] = &[
    0.000_05, 0.0001, 0.000_25, 0.001, 0.0025, 0.01, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0,
];
/// Fuel of a run: about 10 million units are a millisecond.
const FUEL: &[f64] = &[1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11];
/// Memory of a run: 64 KiB (one page) to 1 GiB.
const MEMORY: &[f64] = &[
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
    268_435_456.0,
    1_073_741_824.0,
];
/// Seconds that a validation, or a stage of one, takes.
const VALIDATIONS: &[f64] = &[
    0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0,
];

metrics! {
    BUILD = "wasm_runner_build_info", Info, None, ["version", "wasmtime", "profile"],
        "Which program this is: its version, that of its WebAssembly engine, and how it was compiled (release or debug)";

    PROCESS_CPU = "process_cpu_seconds_total", Counter, Some(Seconds), [],
        "Processor time of the service's own process, user and system";
    PROCESS_RESIDENT = "process_resident_memory_bytes", Gauge, Some(Bytes), [],
        "Memory of the process that is in RAM";
    PROCESS_VIRTUAL = "process_virtual_memory_bytes", Gauge, Some(Bytes), [],
        "Addresses that the process has reserved; the pool of memories alone reserves terabytes";
    PROCESS_THREADS = "process_threads", Gauge, None, [],
        "Threads of the process";
    PROCESS_OPEN_FDS = "process_open_fds", Gauge, None, [],
        "Files and sockets that the process has open";
    PROCESS_MAX_FDS = "process_max_fds", Gauge, None, [],
        "Files and sockets that it may have open";
    PROCESS_START = "process_start_time_seconds", Gauge, Some(Seconds), [],
        "When the process began, since 1970";
    CHILDREN_CPU = "wasm_runner_child_processes_cpu_seconds_total", Counter, Some(Seconds), [],
        "Processor time of confined processes that have ended: builds and trial runs of proposals";
    CHILDREN = "wasm_runner_child_processes", Gauge, None, [],
        "Confined processes that the service has started and that go on";
    DATA_FILESYSTEM_SIZE = "wasm_runner_data_filesystem_size_bytes", Gauge, Some(Bytes), [],
        "Size of the file system that the data folder is on";
    DATA_FILESYSTEM_AVAILABLE = "wasm_runner_data_filesystem_available_bytes", Gauge, Some(Bytes), [],
        "Room that is left there for the service";
    DATA_USED = "wasm_runner_data_used_bytes", Gauge, Some(Bytes), ["part"],
        "What the data folder holds: the knowledge base with its log (knowledge), and compiled code (compiled; looked at twice a minute)";

    LAST_BACKUP = "wasm_runner_last_backup_timestamp_seconds", Gauge, Some(Seconds), [],
        "When the last backup of this data folder had been read back, in seconds since 1970; 0 where none was made";

    MEMORY_USED = "wasm_runner_memory_used_bytes", Gauge, Some(Bytes), [],
        "What the control group holds that the service is in, without files that can be dropped; 0 where it has no limit";
    MEMORY_LIMIT = "wasm_runner_memory_limit_bytes", Gauge, Some(Bytes), [],
        "What it may hold";

    RPC_STARTED = "grpc_server_started_total", Counter, None,
        ["grpc_type", "grpc_service", "grpc_method"],
        "Requests that came in, by method; paths that name none are other";
    RPC_HANDLED = "grpc_server_handled_total", Counter, None,
        ["grpc_type", "grpc_service", "grpc_method", "grpc_code"],
        "Requests that were answered, by method and code; a tool that fails is data in an answer that is OK";
    RPC_SECONDS = "grpc_server_handling_seconds", Histogram(ANSWERS), Some(Seconds),
        ["grpc_type", "grpc_service", "grpc_method"],
        "Time from a request's headers to the end of its answer, by method";

    CALLS = "wasm_runner_calls_total", Counter, None, ["tool", "outcome"],
        "Calls of tools that ended, by tool and outcome; callers that go away count as cancelled";
    CALL_SECONDS = "wasm_runner_call_seconds", Histogram(RUNS), Some(Seconds), ["tool"],
        "Time that a guest ran, from its start to its end, by tool";
    CALL_CPU = "wasm_runner_call_cpu_seconds_total", Counter, Some(Seconds), ["tool"],
        "Processor time of guests, by tool";
    CALL_FUEL = "wasm_runner_call_fuel", Histogram(FUEL), None, ["tool"],
        "Fuel that a call burnt, in units of the engine, by tool";
    CALL_MEMORY = "wasm_runner_call_memory_bytes", Histogram(MEMORY), Some(Bytes), ["tool"],
        "Largest memory that a call had, by tool";
    CALL_DENIED = "wasm_runner_call_denied_attempts_total", Counter, None, ["tool"],
        "What guests tried and their policy did not allow, by tool";
    CALLS_ADMITTED = "wasm_runner_calls_admitted", Gauge, None, [],
        "Calls that run, wait for their turn, or are being answered";
    CALLS_ADMITTED_LIMIT = "wasm_runner_calls_admitted_limit", Gauge, None, [],
        "How many of them there can be before more are refused";
    CALLS_WAITING = "wasm_runner_calls_waiting", Gauge, None, [],
        "Calls that were admitted beyond those that run: the queue of calls";
    CALLS_REFUSED = "wasm_runner_calls_refused_total", Counter, None, ["reason"],
        "Calls that were not admitted: too many already (busy), the service is on its way out (closing), or the tool's circuit is open (circuit)";
    CIRCUITS_OPEN = "wasm_runner_circuits_open", Gauge, None, [],
        "Tools whose calls are refused for a while, because of an alert about them";
    REMEDIATIONS = "wasm_runner_remediations_total", Counter, None, ["action"],
        "Alerts by what was done about them without a person: opened_circuit, drained, nothing; circuits that a person closed (closed_circuit), and requests without the secret (refused)";

    SLOTS = "wasm_runner_sandbox_slots", Gauge, None, [],
        "Runs that the sandbox has room for at the same time";
    SLOTS_USED = "wasm_runner_sandbox_slots_used", Gauge, None, [],
        "Runs that go on";
    POOL_USED = "wasm_runner_pool_used", Gauge, None, ["resource"],
        "What runs hold of the engine's pools: instances, memories, tables, stacks";
    POOL_WARM = "wasm_runner_pool_warm_memories", Gauge, None, [],
        "Free memories of the pools that were used before, which are cheaper to use again";
    POOL_RESIDENT = "wasm_runner_pool_idle_resident_bytes", Gauge, Some(Bytes), [],
        "Memory that the pools keep mapped for coming runs";
    LOOKUPS = "wasm_runner_tool_lookups_total", Counter, None, ["source"],
        "Where a called tool came from: what was known since the last change (answer), code in memory (memory), compiled code on disk (disk), or a compilation (compiled)";
    LOADED = "wasm_runner_tools_loaded", Gauge, None, [],
        "Tools whose code is kept in memory";
    LOADED_BYTES = "wasm_runner_tools_loaded_module_bytes", Gauge, Some(Bytes), [],
        "Size of their modules; compiled code is a few times larger";

    PROPOSALS = "wasm_runner_proposals_total", Counter, None, ["answer"],
        "Proposals by what became of them at the door: taken in (accepted), the same content known before (known), or too many waiting (busy)";
    QUEUE = "wasm_runner_validation_queue_length", Gauge, None, [],
        "Proposals that wait for their validation";
    QUEUE_LIMIT = "wasm_runner_validation_queue_limit", Gauge, None, [],
        "How many may wait before more are refused";
    VALIDATING = "wasm_runner_validations_in_progress", Gauge, None, [],
        "Validations that go on";
    VALIDATION_WORKERS = "wasm_runner_validation_workers", Gauge, None, [],
        "Validations that can go on at the same time; 0 where the service takes no proposals";
    VALIDATIONS_PAUSED = "wasm_runner_validations_paused", Gauge, None, [],
        "1 while no new validation begins, because memory runs short";
    VALIDATIONS_ENDED = "wasm_runner_validations_total", Counter, None, ["verdict"],
        "Validations that ended, by verdict (passed, failed, human_review_required)";
    VALIDATIONS_INTERRUPTED = "wasm_runner_validation_interruptions_total", Counter, None, [],
        "Tries of a validation that came to nothing because the machine could not do its part";
    VALIDATION_SECONDS = "wasm_runner_validation_seconds", Histogram(VALIDATIONS), Some(Seconds), ["verdict"],
        "Time of a validation, from its beginning to its verdict";
    STAGE_SECONDS = "wasm_runner_validation_stage_seconds", Histogram(VALIDATIONS), Some(Seconds), ["stage", "status"],
        "Time of a stage of a validation, by how it ended; stages that were skipped are not in it";
    GENERATOR_BUILDS = "wasm_runner_generator_builds_total", Counter, None, ["generator", "result"],
        "Proposals of a generator (model@prompt, as it names itself) whose sources did or did not compile: succeeded, failed";
    GENERATOR_VALIDATIONS = "wasm_runner_generator_validations_total", Counter, None, ["generator", "verdict"],
        "Validations of a generator's proposals by verdict";

    VERSIONS = "wasm_runner_tool_versions", Gauge, None, ["state"],
        "Tool versions in each state; those in review are the queue of reviews";
    VERSIONS_OLDEST = "wasm_runner_tool_versions_oldest_timestamp_seconds", Gauge, Some(Seconds), ["state"],
        "Since when, in seconds since 1970, the version that stands longest in a state stands there; absent where none does";
    DECISIONS = "wasm_runner_decisions_total", Counter, None, ["decision"],
        "Decisions of reviews: approve, reject";
    CENSUS_FAILURES = "wasm_runner_census_failures_total", Counter, None, [],
        "Scrapes that could not ask the knowledge base; its figures are then the last that were had";

    SCRAPES = "wasm_runner_scrapes_total", Counter, None, ["result"],
        "Connections to this endpoint: answered (served), not done in time, as of one that never reads (cut_off), or too many at once (refused)";
    LOG_LINES = "wasm_runner_log_lines_total", Counter, None, ["level"],
        "Lines that were logged, by level";
    SPANS_EXPORTED = "wasm_runner_spans_exported_total", Counter, None, [],
        "Spans that the collector of traces took";
    SPANS_DROPPED = "wasm_runner_spans_dropped_total", Counter, None, ["reason"],
        "Spans that were not told: more than there was room for (full), or the collector did not take them (export)";
}
