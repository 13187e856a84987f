;;! expect = "success"
;;! input = '"h[64:ff9b::7f00:1]:{port}"'
;;! stdout = '"!ce"'
;;! denied = ["http request [64:ff9b::7f00:1]:{port} (64:ff9b::7f00:1 is loopback: only a grant of that very address and port opens it) (network)"]
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["*:{port}"]
;;! [[server]]
;;! untouched = true

;; The loopback address as NAT64 writes it: a gateway would take the inner one out.
;;@network
