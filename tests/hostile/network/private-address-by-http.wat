;;! expect = "success"
;;! input = '"h192.168.0.1:80"'
;;! stdout = '"!ce"'
;;! denied = ["http request 192.168.0.1:80 (192.168.0.1 is private: only a grant of that very address and port opens it) (network)"]
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["*:80"]

;; Asks the router of somebody's home.
;;@network
