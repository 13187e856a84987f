;;! expect = "success"
;;! input = '"hexample.com@127.0.0.1:{port}"'
;;! stdout = '"!ct"'
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["*:{port}", "example.com:{port}"]
;;! [[server]]
;;! untouched = true

;; A host that is granted, as the user of one that is not: what one reader takes for the host is
;; another's user.
;;@network
