;;! expect = "success"
;;! input = '"t127.0.0.1:{port}"'
;;! stdout = '"pong"'
;;! [limits]
;;! network_requests = 1
;;! network_bytes = "8 B"
;;! [capabilities]
;;! network = ["127.0.0.1:{port}"]
;;! [[server]]
;;! until = "ping"
;;! says = "pong"

;; Four bytes out and four in, which is all that is allowed.
;;@network
