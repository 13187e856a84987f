;;! expect = "success"
;;! input = '"l"'
;;! stdout = '"!cb"'
;;! denied = ["tcp listen a TCP socket (guests may call others and not be called) (network)"]
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["example.com:80"]

;; Waits to be called: a door into the host's network.
;;@network
