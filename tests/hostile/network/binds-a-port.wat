;;! expect = "success"
;;! input = '"b127.0.0.1:4000"'
;;! stdout = '"!bb"'
;;! denied = ["tcp bind 127.0.0.1:4000 (guests may call others and not be called) (network)"]
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["example.com:80"]

;; Takes a port that others could know, or that somebody else needs.
;;@network
