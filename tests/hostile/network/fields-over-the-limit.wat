;;! expect = "success"
;;! input = '"f 70000 127.0.0.1:{port}"'
;;! stdout = '"!cv"'
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "1 MiB"
;;! [capabilities]
;;! network = ["127.0.0.1:{port}"]
;;! [[server]]
;;! untouched = true

;; A request with a field of seventy thousand bytes. No connection is made for it.
;;@network
