;;! expect = "success"
;;! input = '"h127.0.0.1:{port}"'
;;! stdout = '"!ce"'
;;! denied = ["http request 127.0.0.1:{port1} (127.0.0.1 is loopback: only a grant of that very address and port opens it) (network)"]
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["127.0.0.1:{port}"]
;;! [[server]]
;;! says = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{port1}/\r\ncontent-length: 0\r\n\r\n"
;;! [[server]]
;;! untouched = true

;; The same to another port of the same machine, behind which somebody else is.
;;@network
