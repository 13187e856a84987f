;;! expect = "success"
;;! input = '"t127.0.0.1:{port1}"'
;;! stdout = '"!bb"'
;;! denied = ["tcp connect 127.0.0.1:{port1} (127.0.0.1 is loopback: only a grant of that very address and port opens it) (network)"]
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["127.0.0.1:{port}"]
;;! [[server]]
;;! untouched = true
;;! [[server]]
;;! untouched = true

;; The host that is granted, at a port that is not.
;;@network
