;;! expect = "success"
;;! input = '"t127.0.0.1:{port}"'
;;! stdout = '"!bb"'
;;! denied = ["tcp connect 127.0.0.1:{port} (127.0.0.1 is loopback: only a grant of that very address and port opens it) (network)"]
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["*:{port}"]
;;! [[server]]
;;! untouched = true

;; Connects to a server on the host itself, at a port at which every host is granted. Nobody comes.
;;@network
