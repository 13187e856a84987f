;;! expect = "success"
;;! input = '"k127.0.0.1:{port}"'
;;! stdout = '"!fbok"'
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["127.0.0.1:{port}"]
;;! [[server]]
;;! says = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
;;! heard = "host: 127.0.0.1:{port}\r\n"
;;! not_heard = "evil.example"

;; Names another host in a field of its own: behind the same address others may be. What is sent is
;; the host that was judged.
;;@network
