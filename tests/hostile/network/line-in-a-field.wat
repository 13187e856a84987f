;;! expect = "success"
;;! input = '"v127.0.0.1:{port}"'
;;! stdout = '"!faok"'
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["127.0.0.1:{port}"]
;;! [[server]]
;;! says = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
;;! not_heard = "x: 2"

;; The end of a line inside a field's value, to write a field or a request of its own.
;;@network
