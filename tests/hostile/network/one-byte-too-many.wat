;;! expect = "success"
;;! input = '"t127.0.0.1:{port}"'
;;! stdout = '"pon!ja"'
;;! denied = ["tcp receive 1 bytes (it would be more than the 7 B that may be sent and received in all) (network_bytes)"]
;;! [limits]
;;! network_requests = 1
;;! network_bytes = "7 B"
;;! [capabilities]
;;! network = ["127.0.0.1:{port}"]
;;! [[server]]
;;! until = "ping"
;;! says = "pong"

;; The same with one byte less to have: the last one never reaches the guest.
;;@network
