;;! expect = "success"
;;! input = '"t10.0.0.1:80"'
;;! stdout = '"!bb"'
;;! denied = ["tcp connect 10.0.0.1:80 (10.0.0.1 is private: only a grant of that very address and port opens it) (network)"]
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["*:80"]

;; Connects to a private address. A grant of every host at that port opens the internet and no
;; network of somebody's own.
;;@network
