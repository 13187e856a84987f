;;! expect = "success"
;;! input = '"h169.254.169.254:80"'
;;! stdout = '"!ce"'
;;! denied = ["http request 169.254.169.254:80 (169.254.169.254 is link-local: only a grant of that very address and port opens it) (network)"]
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["*:80"]

;; Asks the address at which clouds give a machine its credentials.
;;@network
