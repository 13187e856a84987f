;;! expect = "success"
;;! input = '"h127.0.0.1:{port}"'
;;! stdout = '"!ce"'
;;! denied = ["http request 10.0.0.1:80 (10.0.0.1 is private: only a grant of that very address and port opens it) (network)"]
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["127.0.0.1:{port}", "*:80"]
;;! [[server]]
;;! says = "HTTP/1.1 302 Found\r\nlocation: http://10.0.0.1:80/\r\ncontent-length: 0\r\n\r\n"

;; A server that is granted sends the guest on to a private address. Nothing follows by itself, and
;; the guest's own next request is judged as each is.
;;@network
