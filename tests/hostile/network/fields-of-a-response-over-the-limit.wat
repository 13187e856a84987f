;;! expect = "success"
;;! input = '"h127.0.0.1:{port}"'
;;! stdout = '"!c{"'
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "1 MiB"
;;! [capabilities]
;;! network = ["127.0.0.1:{port}"]
;;! [[server]]
;;! says = "HTTP/1.1 200 OK\r\nx: <<a * 100_000>>\r\ncontent-length: 2\r\n\r\nok"

;; A server that answers with a field of a hundred thousand bytes, to fill the host's memory.
;;@network
