;;! expect = "success"
;;! input = '"t8.8.8.8:53"'
;;! stdout = '"!bb"'
;;! denied = ["tcp connect 8.8.8.8:53 (no grant covers it) (network)"]
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["example.com:53"]

;; An address of the open internet that no name led to.
;;@network
