;;! expect = "success"
;;! input = '"h0177.0.0.1:{port}"'
;;! stdout = '"!ct"'
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["*:{port}"]
;;! [[server]]
;;! untouched = true

;; The loopback address as an octal part. It is no name that is looked up and no address: no host at
;; all.
;;@network
