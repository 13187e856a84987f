;;! expect = "deadline_exceeded"
;;! input = '"t127.0.0.1:{port}"'
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! wall_time = "300 ms"
;;! [capabilities]
;;! network = ["127.0.0.1:{port}"]
;;! [[server]]
;;! until = "ping"
;;! then = "stays"

;; A connection on which nothing ever comes.
;;@network
