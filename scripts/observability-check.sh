#!/usr/bin/env bash
# Rules, routes and dashboards, checked by the tools that read them: promtool and amtool (Debian's
# prometheus and prometheus-alertmanager; PROMTOOL, AMTOOL and PROMETHEUS name others). Then once
# end to end: a real Prometheus scrapes a real service under a fault, and the alert arrives.
set -euo pipefail
cd "$(dirname "$0")/.."

promtool=${PROMTOOL:-promtool}
amtool=${AMTOOL:-amtool}
prometheus=${PROMETHEUS:-prometheus}
ROOT=$PWD
# shellcheck source=scripts/lib/common.sh
. "$ROOT/scripts/lib/common.sh"
for tool in "$promtool" "$amtool" "$prometheus"; do
    have "$tool" || apt_install prometheus prometheus-alertmanager
    have "$tool" || die "$tool is not here" "install Prometheus and Alertmanager, or name it: PROMTOOL, AMTOOL, PROMETHEUS"
done

folder=deploy/observability
python3 scripts/dashboards.py --check
"$promtool" check rules "$folder"/prometheus/recording.yml "$folder"/prometheus/alerts.yml
"$promtool" check config "$folder"/prometheus/prometheus.yml
"$amtool" check-config "$folder"/alertmanager/alertmanager.yml
for route in "severity=critical on-call" "severity=high team" "severity=low nobody-is-woken"; do
    "$amtool" config routes test --config.file "$folder"/alertmanager/alertmanager.yml \
        --verify.receivers="${route#* }" "${route% *}" >/dev/null
done
(cd "$folder/prometheus" && "$promtool" test rules tests.yml tests_weeks.yml)
python3 scripts/alert-end-to-end.py "$prometheus"
