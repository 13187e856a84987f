;;! expect = "success"
;;! input = '"n {port} localhost"'
;;! stdout = '"!eb"'
;;! denied_count = 1
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["*:{port}"]
;;! [[server]]
;;! untouched = true

;; Looks the host's own name up, to connect to what is found: nothing is found.
;;@network
