;;! expect = "success"
;;! input = '"e127.0.0.1:{port}"'
;;! stdout = '"!db!cr"'
;;! denied_count = 1
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "32 KiB"
;;! [capabilities]
;;! network = ["127.0.0.1:{port}"]
;;! [[server]]
;;! until = "this never comes"
;;! then = "stays"

;; A request whose body never ends, to carry out what it has seen or to fill another's disk.
;;@network
