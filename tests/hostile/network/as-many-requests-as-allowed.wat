;;! expect = "success"
;;! input = '"m127.0.0.1:{port}"'
;;! stdout = '"okok"'
;;! [limits]
;;! network_requests = 2
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["127.0.0.1:{port}"]
;;! [[server]]
;;! says = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

;; Two requests at the same time, where two are allowed.
;;@network
