;;! expect = "success"
;;! input = '"6127.0.0.1:{port}"'
;;! stdout = '"!bb"'
;;! denied = ["tcp connect [::ffff:127.0.0.1]:{port} (127.0.0.1 is loopback: only a grant of that very address and port opens it) (network)"]
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["*:{port}"]
;;! [[server]]
;;! untouched = true

;; The same by a socket of IPv6, which the system would connect to the IPv4 address inside.
;;@network
