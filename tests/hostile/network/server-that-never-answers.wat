;;! expect = "deadline_exceeded"
;;! input = '"h127.0.0.1:{port}"'
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! wall_time = "300 ms"
;;! [capabilities]
;;! network = ["127.0.0.1:{port}"]
;;! [[server]]
;;! then = "stays"

;; A server that takes a request and says nothing: the run ends at its deadline, whatever waits.
;;@network
