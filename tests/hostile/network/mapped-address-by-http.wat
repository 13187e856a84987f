;;! expect = "success"
;;! input = '"h[::ffff:127.0.0.1]:{port}"'
;;! stdout = '"!ce"'
;;! denied = ["http request 127.0.0.1:{port} (127.0.0.1 is loopback: only a grant of that very address and port opens it) (network)"]
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["*:{port}"]
;;! [[server]]
;;! untouched = true

;; The loopback address in the clothes of IPv6.
;;@network
