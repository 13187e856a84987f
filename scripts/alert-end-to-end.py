#!/usr/bin/env python3
"""A real Prometheus scrapes a real service, which then dies; the alert has to arrive at a receiver.

The rules are those of deploy/observability, with their times made short. The receiver speaks as
much of Alertmanager's API as Prometheus uses. Called by observability-check.sh with the program
prometheus.
"""

import http.server
import json
import pathlib
import queue
import re
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "target/debug/wasm-runner"
#: Longer than anything here takes: whoever waits so long waits for ever.
LONG = 120
alerts = queue.Queue()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        for alert in json.loads(body):
            alerts.put(alert)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def ask(port, query):
    address = f"http://127.0.0.1:{port}/api/v1/query?query={query}"
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return json.load(answer)["data"]["result"]
    except urllib.error.HTTPError:
        # It listens before it is ready.
        return []


def main(prometheus):
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        service = subprocess.Popen(
            [PROGRAM, "serve", "--calls-only", "--listen", "127.0.0.1:0",
             "--metrics-listen", "127.0.0.1:0", "--data-dir", folder / "data"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        service.stdout.readline()
        metrics = re.search(r"http://([^/]+)/metrics", service.stdout.readline())[1]
        for rules in ("recording.yml", "alerts.yml"):
            text = (ROOT / "deploy/observability/prometheus" / rules).read_text()
            text = re.sub(r"( for:) \S+", r"\1 1s", text).replace("interval: 30s", "interval: 1s")
            (folder / rules).write_text(text)
        (folder / "prometheus.yml").write_text(f"""
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [recording.yml, alerts.yml]
alerting:
  alertmanagers:
    - static_configs: [{{targets: ["127.0.0.1:{receiver.server_port}"]}}]
scrape_configs:
  - job_name: wasm-runner
    static_configs: [{{targets: ["{metrics}"]}}]
""")
        watcher = subprocess.Popen(
            [prometheus, f"--config.file={folder}/prometheus.yml", "--web.listen-address=127.0.0.1:0",
             f"--storage.tsdb.path={folder}/tsdb"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            port = None
            for line in watcher.stderr:
                found = re.search(r'Listening on.*address=\S*:(\d+)', line)
                if found:
                    port = found[1]
                    break
            threading.Thread(target=watcher.stderr.read, daemon=True).start()
            pause = threading.Event()
            for _ in range(LONG):
                if ask(port, "wasm_runner_build_info"):
                    break
                pause.wait(1)
            else:
                sys.exit("Prometheus did not scrape the service")
            print("scraped:", ask(port, "wasm_runner_build_info")[0]["metric"])
            service.kill()
            while True:
                alert = alerts.get(timeout=LONG)
                if alert["labels"]["alertname"] == "WasmRunnerDown":
                    break
            assert alert["labels"]["severity"] == "critical", alert
            assert (ROOT / alert["annotations"]["runbook"]).is_file(), alert
            print("arrived:", json.dumps(alert["labels"]))
        finally:
            service.kill()
            watcher.terminate()
            service.wait()
            watcher.wait()


main(*sys.argv[1:])
