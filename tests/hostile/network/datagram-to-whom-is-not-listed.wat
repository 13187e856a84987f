;;! expect = "success"
;;! input = '"u127.0.0.1:{port}"'
;;! stdout = '"!cb"'
;;! denied = ["udp send 127.0.0.1:{port} (127.0.0.1 is loopback: only a grant of that very address and port opens it) (network)"]
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["*:{port}"]
;;! [[server]]
;;! datagrams = true
;;! untouched = true

;; A datagram to a service of the host. It is not sent.
;;@network
