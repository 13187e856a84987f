;;! expect = "success"
;;! input = '"h127.1:{port}"'
;;! stdout = '"!ct"'
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["*:{port}"]
;;! [[server]]
;;! untouched = true

;; The loopback address as two parts, which resolvers read as 127.0.0.1. It is no name that is looked up and no address: no host at
;; all.
;;@network
