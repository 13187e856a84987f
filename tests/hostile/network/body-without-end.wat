;;! expect = "success"
;;! input = '"h127.0.0.1:{port}"'
;;! stdout_ends = '!ja"'
;;! denied_count = 1
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "32 KiB"
;;! [capabilities]
;;! network = ["127.0.0.1:{port}"]
;;! [[server]]
;;! says = "HTTP/1.1 200 OK\r\n\r\n<<a * 4096>>"
;;! then = "repeats"

;; A response that never ends. It is read up to the limit and not beyond.
;;@network
