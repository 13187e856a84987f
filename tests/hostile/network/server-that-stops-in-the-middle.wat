;;! expect = "deadline_exceeded"
;;! input = '"h127.0.0.1:{port}"'
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! wall_time = "300 ms"
;;! [capabilities]
;;! network = ["127.0.0.1:{port}"]
;;! [[server]]
;;! says = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"
;;! then = "stays"

;; The same in the middle of a body.
;;@network
