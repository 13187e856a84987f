;;! expect = "success"
;;! input = '"u255.255.255.255:7"'
;;! stdout = '"!cb"'
;;! denied = ["udp send 255.255.255.255:7 (255.255.255.255 is reserved: only a grant of that very address and port opens it) (network)"]
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["*:7"]

;; A datagram to everybody in the host's network.
;;@network
