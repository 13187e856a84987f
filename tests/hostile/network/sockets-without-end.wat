;;! expect = "success"
;;! input = '"s"'
;;! stdout = '"<<. * 32>>!ak"'
;;! denied = ["create-tcp-socket a TCP socket (32 sockets are open, which is all that there may be at once) (network)"]
;;! [limits]
;;! network_requests = 4
;;! network_bytes = "64 KiB"
;;! [capabilities]
;;! network = ["example.com:80"]

;; Makes sockets until it may not: the host's descriptors are everybody's.
;;@network
