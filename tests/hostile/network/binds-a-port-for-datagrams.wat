;;! expect = "success"
;;! input = '"d0.0.0.0:53"'
;;! stdout = '"!bb"'
;;! denied = ["udp bind 0.0.0.0:53 (guests may call others and not be called) (network)"]
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["example.com:80"]

;; The same for datagrams, as a name server of everybody's.
;;@network
