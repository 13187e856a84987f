;;! expect = "success"
;;! input = '"m127.0.0.1:{port}"'
;;! stdout_parts = ["ok", "!cl"]
;;! denied = ["http request 127.0.0.1:{port} (1 requests were made, which is all that is allowed) (network_requests)"]
;;! [limits]
;;! network_requests = 1
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["127.0.0.1:{port}"]
;;! [[server]]
;;! says = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

;; The same where one is allowed: one of the two is answered, and the other never sent.
;;@network
